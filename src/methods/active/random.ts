import { shuffled } from "../../base/random.ts";
import type { ActiveStrategy } from "../active-strategy.ts";

/** By lot: what every other strategy must beat. */
export const strategy: ActiveStrategy = {
  name: "random",
  paper: "none: the baseline",
  needs: "nothing",
  pick: async ({ features, count, random }) =>
    Int32Array.from(
      shuffled(
        Array.from({ length: features.rows }, (_, i) => i),
        random,
      ).slice(0, count),
    ),
};

import type { ActiveStrategy } from "../active-strategy.ts";
import { byDoubt, entropyOf } from "./_shared.ts";

/** Entropy: images whose probabilities are spread over many classes, -Σ p log p. */
export const strategy: ActiveStrategy = {
  name: "entropy",
  paper: "Shannon 1948; Settles 2009, Active learning literature survey, section 3.1",
  needs: "answers",
  pick: byDoubt(entropyOf),
};

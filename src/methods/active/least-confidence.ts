import type { ActiveStrategy } from "../active-strategy.ts";
import { byDoubt } from "./_shared.ts";

/** Least confidence: images whose likeliest class is not likely, 1 - max p. */
export const strategy: ActiveStrategy = {
  name: "least-confidence",
  paper:
    "Lewis and Gale 1994, A sequential algorithm for training text classifiers. https://arxiv.org/abs/cmp-lg/9407020",
  needs: "answers",
  pick: byDoubt((row) => 1 - row.reduce((a, b) => Math.max(a, b), 0)),
};

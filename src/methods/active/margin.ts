import type { ActiveStrategy } from "../active-strategy.ts";
import { byDoubt, marginDoubt } from "./_shared.ts";

/** Margin: images whose two likeliest classes are nearly as likely, 1 - (p_1 - p_2). */
export const strategy: ActiveStrategy = {
  name: "margin",
  paper:
    "Scheffer et al. 2001, Active hidden Markov models for information extraction. https://doi.org/10.1007/3-540-44816-0_31",
  needs: "answers",
  pick: byDoubt(marginDoubt),
};

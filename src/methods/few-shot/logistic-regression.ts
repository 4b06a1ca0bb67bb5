import type { Method } from "../method.ts";
import { fitLogistic, type LogisticRegressionOptions } from "./_logistic.ts";
import { emitLinear, predictLinear, type LinearHead } from "./_shared.ts";
import { allRows } from "./_subsets.ts";

/**
 * Multinomial logistic regression with an L2 penalty, by limited-memory BFGS: Σ cross-entropy + ½ λ s |W|², the biases
 * not penalised, s the mean squared distance of the features from their mean. With weights for the classes every
 * image's cross-entropy, and its part in s, counts by its class's weight.
 *
 * @see Baseline of Chen et al. 2019, A closer look at few-shot classification; Liu & Nocedal 1989 for the solver
 */
export const method: Method<LinearHead, LogisticRegressionOptions> = {
  name: "logistic-regression",
  paper: "Chen et al. 2019, A closer look at few-shot classification (Baseline). https://arxiv.org/abs/1904.04232",
  transductive: false,
  defaults: { lambda: 0.03, normalise: "cl2n" },
  candidates: [{ lambda: 0.03, normalise: "cl2n" }],
  complexity: 4,
  onePass: false,
  fit: async (support, options, algebra) => (await fitLogistic(support, [allRows(support)], options, algebra))[0]!,
  fitSubsets: fitLogistic,
  predict: predictLinear,
  graph: emitLinear,
};

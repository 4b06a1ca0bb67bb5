import { floats } from "../../graph/dtype.ts";
import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { within, type Scope } from "../../nn/layers/scope.ts";
import { crossEntropy } from "../../nn/losses/cross-entropy.ts";
import { concat } from "../../ops/concat.ts";
import { div } from "../../ops/div.ts";
import { exp } from "../../ops/exp.ts";
import { matmul } from "../../ops/matmul.ts";
import { max } from "../../ops/max.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { reshape } from "../../ops/reshape.ts";
import { split } from "../../ops/split.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import { swapLastTwo } from "../../ops/transpose.ts";
import type { Network } from "../from-scratch.ts";
import type { Learner } from "./learner.ts";

export interface PrototypicalOptions {
  /** What distances are multiplied by at first, > 0; default 1 (the paper, where it stays so). */
  readonly scale?: number;
  /** Whether features are scaled to length 1 before they are averaged and compared; default false (the paper). */
  readonly unit?: boolean;
}

/** A number above 0 that is learned, by its logarithm. */
const learnedScale = (scope: Scope, first: number): Value => {
  const initial = () => floats([], [Math.log(first)]);
  return exp(scope.g, scope.parameter("logarithm", { shape: [], initial, decay: false }));
};

/** Keeps features of zeros from being divided by zero. */
const TINY = 1e-12;

const scaledToOne = (g: Graph, x: Value): Value => {
  const length = sqrt(g, reduceSum(g, mul(g, x, x), { axes: [1], keepdims: 1 }));
  return div(g, x, max(g, length, TINY));
};

/**
 * Prototypical Networks: scores are -scale |f(x) - c|² for the mean c of every class's embedded pictures, without the
 * part that all classes share, |f(x)|².
 *
 * Differs from the paper: the scale is learned (Oreshkin et al. 2018, section 3.1); without it the loss of a network
 * whose features come large is all but saturated.
 * @param network  pictures to features, [n, dim]
 * @see Snell et al. 2017, eq. 1 and 2, section 2.3. https://arxiv.org/abs/1703.05175
 */
export const prototypical = (network: Network, { scale = 1, unit = false }: PrototypicalOptions = {}): Learner => {
  const embed = (scope: Scope, pictures: Value): Value => {
    const features = network(within(scope, "network"), pictures);
    return unit ? scaledToOne(scope.g, features) : features;
  };
  return {
    name: "prototypical-networks",
    paper: "Snell et al. 2017, Prototypical networks for few-shot learning. https://arxiv.org/abs/1703.05175",
    embed,
    build: (scope, { support, queries, queryTargets, ways, shots }) => {
      const { g } = scope;
      const rows = [support, queries].map((part) => shapeOf(part)[0]!);
      const features = embed(scope, concat(g, [support, queries], 0));
      const [learned, asked] = split(g, features, rows);
      const dim = shapeOf(features)[1]!;
      const means = reduceMean(g, reshape(g, learned!, [ways, shots, dim]), { axes: [1], keepdims: 0 });
      const squares = reduceSum(g, mul(g, means, means), { axes: [1], keepdims: 0 });
      const nearness = sub(g, mul(g, matmul(g, asked!, swapLastTwo(g, means)), 2), squares);
      const scores = mul(g, nearness, learnedScale(within(scope, "scale"), scale));
      return { scores, losses: crossEntropy(g, scores, queryTargets) };
    },
  };
};

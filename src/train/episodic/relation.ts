import { shapeOf, type Value } from "../../graph/graph.ts";
import { heNormal } from "../../nn/init.ts";
import { batchNorm } from "../../nn/layers/batch-norm.ts";
import { conv } from "../../nn/layers/conv.ts";
import { linear } from "../../nn/layers/linear.ts";
import { within, type Scope } from "../../nn/layers/scope.ts";
import { meanSquaredError } from "../../nn/losses/mean-squared-error.ts";
import { add } from "../../ops/add.ts";
import { concat } from "../../ops/concat.ts";
import { conv as convolve } from "../../ops/conv.ts";
import { flatten } from "../../ops/flatten.ts";
import { maxPool } from "../../ops/max-pool.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { relu } from "../../ops/relu.ts";
import { reshape } from "../../ops/reshape.ts";
import { sigmoid } from "../../ops/sigmoid.ts";
import { split } from "../../ops/split.ts";
import type { Network } from "../from-scratch.ts";
import type { Learner } from "./learner.ts";

export interface RelationOptions {
  /** Channels of the relation module's convolutions; default 64. */
  readonly width?: number;
  /** Units of its first linear layer; default 8. */
  readonly units?: number;
}

/** The rest of a block after its convolution; maps of one row or column are not pooled. */
const finished = (scope: Scope, x: Value): Value => {
  const normal = batchNorm(within(scope, "norm"), x);
  const isSmall = shapeOf(x)
    .slice(2)
    .some((size) => size < 2);
  const pooled = isSmall ? normal : maxPool(scope.g, normal, { kernel_shape: [2, 2], strides: [2, 2] });
  return relu(scope.g, pooled);
};

/**
 * The first block on every query's map beside every class's.
 *
 * A convolution of maps laid side by side is the sum of one on each; so it runs once a map and not once a pair.
 * @param queries  [queries, c, h, w]
 * @param classes  [ways, c, h, w]
 * @returns [queries · ways, width, h', w']
 */
const firstBlock = (scope: Scope, [queries, classes]: readonly [Value, Value], width: number): Value => {
  const { g } = scope;
  const [, channels, h, w] = shapeOf(classes);
  const shape = [width, 2 * channels!, 3, 3];
  const weight = within(scope, "conv").parameter("weight", { shape, initial: heNormal, decay: true });
  const [ofClasses, ofQueries] = split(g, weight, [channels!, channels!], 1);
  const pads = [1, 1, 1, 1];
  const a = reshape(g, convolve(g, [classes, ofClasses!], { pads }), [1, -1, width, h!, w!]);
  const b = reshape(g, convolve(g, [queries, ofQueries!], { pads }), [-1, 1, width, h!, w!]);
  return finished(scope, reshape(g, add(g, a, b), [-1, width, h!, w!]));
};

/** The relation module. No size in it hangs on the number of queries or classes. */
const relate =
  ({ width = 64, units = 8 }: RelationOptions) =>
  (scope: Scope, queries: Value, classes: Value): Value => {
    const { g } = scope;
    const module = within(scope, "relation");
    const pairs = firstBlock(within(module, "block1"), [queries, classes], width);
    const second = conv(within(module, "block2/conv"), pairs, { channels: width, kernel: 3, bias: "none" });
    const flat = flatten(g, finished(within(module, "block2"), second));
    const hidden = relu(g, linear(within(module, "linear1"), flat, { units }));
    return sigmoid(g, linear(within(module, "linear2"), hidden, { units: 1 }));
  };

/**
 * Relation Networks: a small network of its own says how much a query's map and a class's map belong together, from 0
 * to 1; trained by squared error.
 *
 * Differs from the paper: a class's map is the mean of its pictures' and not their sum, so that one training serves any
 * number of shots.
 * @param network  pictures to maps, [n, c, h, w]
 * @see Sung et al. 2018, eq. 1 and 2, section 3.4. https://arxiv.org/abs/1711.06025
 */
export const relation = (network: Network, options: RelationOptions = {}): Learner => ({
  name: "relation-networks",
  paper: "Sung et al. 2018, Learning to compare: relation network. https://arxiv.org/abs/1711.06025",
  embed: (scope, pictures) => network(within(scope, "network"), pictures),
  relate: relate(options),
  build: (scope, { support, queries, queryTargets, ways, shots }) => {
    const { g } = scope;
    const rows = [support, queries].map((part) => shapeOf(part)[0]!);
    const maps = network(within(scope, "network"), concat(g, [support, queries], 0));
    const [learned, asked] = split(g, maps, rows);
    const sizes = shapeOf(maps).slice(1);
    const classes = reduceMean(g, reshape(g, learned!, [ways, shots, ...sizes]), { axes: [1], keepdims: 0 });
    const scores = reshape(g, relate(options)(scope, asked!, classes), [rows[1]!, ways]);
    return { scores, losses: meanSquaredError(g, scores, queryTargets) };
  },
});

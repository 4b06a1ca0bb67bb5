import { optionError } from "../../base/errors.ts";
import { matrix, type Matrix } from "../../base/matrix.ts";
import { floats } from "../../graph/dtype.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { exp } from "../../ops/exp.ts";
import { matmul } from "../../ops/matmul.ts";
import { mul } from "../../ops/mul.ts";
import { sub } from "../../ops/sub.ts";
import type { Algebra } from "../algebra.ts";
import type { Method } from "../method.ts";
import {
  ballotsOf,
  checkSupport,
  classMeans,
  countShots,
  emitTransformed,
  transformed,
  transposed,
} from "./_shared.ts";

export type TipAdapterOptions = {
  /** Weight of the cache beside the prototypes, >= 0; 1 in the paper. */
  readonly alpha: number;
  /** Sharpness of the affinity, > 0; 5.5 in the paper. */
  readonly beta: number;
};

export interface TipAdapterState {
  /** Keys: support features scaled to length 1, [images, dim]. */
  readonly keys: Matrix;
  /** Values: α over the class's images at the image's class, [images, ways]. */
  readonly values: Matrix;
  /** Class means scaled to length 1, transposed: [dim, ways]. */
  readonly prototypes: Matrix;
  readonly beta: number;
}

const NOTHING = new Float32Array(0);

const predict = async (
  { keys, values, prototypes, beta }: TipAdapterState,
  queries: Matrix,
  algebra: Algebra,
): Promise<Matrix> => {
  const unit = transformed(queries, NOTHING, true);
  const affinity = await algebra.multiply(unit, keys, { b: true });
  for (let at = 0; at < affinity.data.length; at++) affinity.data[at] = Math.exp(beta * (affinity.data[at]! - 1));
  const cached = await algebra.multiply(affinity, values);
  const near = await algebra.multiply(unit, prototypes);
  return matrix(
    near.rows,
    near.columns,
    near.data.map((v, at) => v + cached.data[at]!),
  );
};

const graph = (g: Graph, { keys, values, prototypes, beta }: TipAdapterState, embedding: Value): Value => {
  const constant = (m: Matrix, name: string): Value => g.constant(floats([m.rows, m.columns], m.data), name);
  const unit = emitTransformed(g, embedding, NOTHING, true);
  const affinity = exp(g, mul(g, sub(g, matmul(g, unit, constant(transposed(keys), "keys")), 1), beta));
  const cached = matmul(g, affinity, constant(values, "values"));
  return add(g, matmul(g, unit, constant(prototypes, "prototypes")), cached);
};

/**
 * Tip-Adapter on one's own backbone: a cache of the support asked by affinity, beside a classifier that needs no
 * training. score_c = cos(x, m_c) + α / n_c Σ over images of c of exp(-β (1 - cos(x, x_i))).
 *
 * Differs from the paper: there is no text encoder, so cosine to the class mean stands for CLIP's zero-shot classifier;
 * the cache's sum is a mean over the class's images, so that its size says nothing; keys are not trained (Tip-Adapter-F).
 * @see Zhang et al. 2022, eq. 5-7. https://arxiv.org/abs/2111.03930
 */
export const method: Method<TipAdapterState, TipAdapterOptions> = {
  name: "tip-adapter",
  paper: "Zhang et al. 2022, Tip-Adapter: training-free adaption of CLIP. https://arxiv.org/abs/2111.03930",
  transductive: false,
  defaults: { alpha: 1, beta: 5.5 },
  candidates: [],
  complexity: 11,
  onePass: false,
  fit: async (support, { alpha, beta }) => {
    if (!(alpha >= 0)) throw optionError(`alpha: wanted a number from 0, got ${alpha}`);
    if (!(beta > 0)) throw optionError(`beta: wanted a number above 0, got ${beta}`);
    checkSupport(support);
    const { features, labels, ways } = support;
    const means = transformed(classMeans(features, labels, ways), NOTHING, true);
    const classWeights = countShots(support).map((count) => alpha / count);
    return {
      keys: transformed(features, NOTHING, true),
      values: ballotsOf({ labels, ways, classWeights }),
      prototypes: transposed(means),
      beta,
    };
  },
  predict,
  graph,
};

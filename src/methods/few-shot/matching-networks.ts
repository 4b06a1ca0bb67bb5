import { optionError } from "../../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import { floats } from "../../graph/dtype.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { exp } from "../../ops/exp.ts";
import { log } from "../../ops/log.ts";
import { matmul } from "../../ops/matmul.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMax } from "../../ops/reduce-max.ts";
import { sub } from "../../ops/sub.ts";
import type { Algebra } from "../algebra.ts";
import type { Method } from "../method.ts";
import { ballotsOf, checkSupport, emitTransformed, transformed, transposed } from "./_shared.ts";

export type MatchingNetworksOptions = {
  /** Factor of the cosine before the softmax, > 0; 1 in the paper, whose embedding is learned for it. */
  readonly scale: number;
};

export interface MatchingNetworksState {
  /** Support features scaled to length 1, [images, dim]. */
  readonly support: Matrix;
  /** What every image says: its class's weight at its class, [images, ways]. */
  readonly ballots: Matrix;
  readonly scale: number;
}

const NOTHING = new Float32Array(0);
/** What every class gets unasked beside the nearest image's 1, so that scores are finite. */
const FLOOR = 1e-12;

const predict = async (
  { support, ballots, scale }: MatchingNetworksState,
  queries: Matrix,
  algebra: Algebra,
): Promise<Matrix> => {
  const attention = await algebra.multiply(transformed(queries, NOTHING, true), support, { b: true });
  for (let i = 0; i < attention.rows; i++) {
    const row = rowOf(attention, i);
    let most = -Infinity;
    for (const cosine of row) most = Math.max(most, cosine);
    for (let k = 0; k < row.length; k++) row[k] = Math.exp(scale * (row[k]! - most));
  }
  const votes = await algebra.multiply(attention, ballots);
  return matrix(
    votes.rows,
    votes.columns,
    votes.data.map((vote) => Math.log(vote + FLOOR)),
  );
};

const graph = (g: Graph, { support, ballots, scale }: MatchingNetworksState, embedding: Value): Value => {
  const stored = g.constant(floats([support.columns, support.rows], transposed(support).data), "support");
  const cosines = matmul(g, emitTransformed(g, embedding, NOTHING, true), stored);
  const attention = exp(g, mul(g, sub(g, cosines, reduceMax(g, cosines, { axes: [1], keepdims: 1 })), scale));
  const votes = matmul(g, attention, g.constant(floats([ballots.rows, ballots.columns], ballots.data), "ballots"));
  return log(g, add(g, votes, FLOOR));
};

/**
 * Matching Networks on fixed features: every image of the support votes for its class by its attention.
 *
 * score_c = log Σ over images of c of d_c exp(s (cos_i - cos_1)), cos_1 the largest cosine and d_c the class's weight: the
 * logarithm of the paper's softmax attention, up to a term common to all classes.
 * Differs from the paper: no full-context embeddings, which are learned over many tasks; the cosine has a factor.
 * @see Vinyals et al. 2016, eq. 1. https://arxiv.org/abs/1606.04080
 */
export const method: Method<MatchingNetworksState, MatchingNetworksOptions> = {
  name: "matching-networks",
  paper: "Vinyals et al. 2016, Matching networks for one shot learning. https://arxiv.org/abs/1606.04080",
  transductive: false,
  defaults: { scale: 10 },
  candidates: [],
  complexity: 10,
  onePass: false,
  fit: async (support, { scale }) => {
    if (!(scale > 0)) throw optionError(`scale: wanted a number above 0, got ${scale}`);
    checkSupport(support);
    return { support: transformed(support.features, NOTHING, true), ballots: ballotsOf(support), scale };
  },
  predict,
  graph,
};

import { optionError } from "../../base/errors.ts";
import { matrix, release, rowOf, rowsBetween, type Matrix } from "../../base/matrix.ts";
import { floats } from "../../graph/dtype.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { exp } from "../../ops/exp.ts";
import { gather } from "../../ops/gather.ts";
import { log } from "../../ops/log.ts";
import { matmul } from "../../ops/matmul.ts";
import { mul } from "../../ops/mul.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { sub } from "../../ops/sub.ts";
import { topK } from "../../ops/top-k.ts";
import { unsqueeze } from "../../ops/unsqueeze.ts";
import type { Algebra } from "../algebra.ts";
import type { Method } from "../method.ts";
import { checkSupport, emitTransformed, transformed, transposed } from "./_shared.ts";

export type KNearestOptions = {
  /** Neighbours that vote, a whole number from 1; all images where there are fewer. */
  readonly k: number;
};

export interface KNearestState {
  /** Support features scaled to length 1, [images, dim]. */
  readonly support: Matrix;
  readonly labels: Int32Array;
  readonly ways: number;
  readonly k: number;
  /** How much a vote for each class counts. */
  readonly classWeights: Float32Array;
}

/** Temperature of the votes (Wu et al. 2018, section 3.4). */
const TEMPERATURE = 0.07;
/** Share of the nearest image's vote that every class gets unasked, so that scores are finite. */
const FLOOR = 1e-3;
const NOTHING = new Float32Array(0);

/** The k largest entries of a row, by value, equal ones by place: as ONNX's TopK orders them. */
const largest = (row: Float32Array, k: number): number[] => {
  const kept: number[] = [];
  for (let i = 0; i < row.length; i++) {
    if (kept.length === k && row[i]! <= row[kept[k - 1]!]!) continue;
    let at = Math.min(kept.length, k - 1);
    while (at > 0 && row[kept[at - 1]!]! < row[i]!) {
      kept[at] = kept[at - 1]!;
      at--;
    }
    kept[at] = i;
  }
  return kept;
};

/** Similarities held at once, at most: bounds memory. */
const BLOCK_NUMBERS = 1e6;

const predict = async (
  { support, labels, ways, k, classWeights }: KNearestState,
  queries: Matrix,
  algebra: Algebra,
): Promise<Matrix> => {
  const scores = matrix(queries.rows, ways);
  const block = Math.max(1, Math.floor(BLOCK_NUMBERS / support.rows));
  for (let from = 0; from < queries.rows; from += block) {
    const part = transformed(rowsBetween(queries, from, Math.min(from + block, queries.rows)), NOTHING, true);
    const similarity = await algebra.multiply(part, support, { b: true });
    for (let i = 0; i < part.rows; i++) {
      const row = rowOf(similarity, i);
      const near = largest(row, k);
      const votes = rowOf(scores, from + i).fill(FLOOR);
      for (const at of near)
        votes[labels[at]!]! += classWeights[labels[at]!]! * Math.exp((row[at]! - row[near[0]!]!) / TEMPERATURE);
      for (let c = 0; c < ways; c++) votes[c] = Math.log(votes[c]!);
    }
    release(similarity);
    release(part);
  }
  return scores;
};

/** What every support image votes for at full nearness: its class's weight at its class, [images, ways]. */
const ballots = ({ labels, ways, classWeights }: KNearestState): Matrix => {
  const out = matrix(labels.length, ways);
  labels.forEach((label, i) => (out.data[i * ways + label] = classWeights[label]!));
  return out;
};

const graph = (g: Graph, state: KNearestState, embedding: Value): Value => {
  const { support, labels, ways, k } = state;
  const unit = emitTransformed(g, embedding, NOTHING, true);
  const stored = g.constant(floats([support.columns, support.rows], transposed(support).data), "support");
  const [values, places] = topK(g, matmul(g, unit, stored), { k });
  const nearest = gather(g, values, [0], 1);
  const weights = exp(g, mul(g, sub(g, values, nearest), 1 / TEMPERATURE));
  const classes = gather(g, g.constant(floats([labels.length, ways], ballots(state).data), "support_classes"), places);
  const votes = reduceSum(g, mul(g, classes, unsqueeze(g, weights, [2])), { axes: [1], keepdims: 0 });
  return log(g, add(g, votes, FLOOR));
};

/**
 * k nearest neighbours by cosine similarity, votes weighted by nearness.
 *
 * score_c = log(10⁻³ + Σ over the k nearest of class c of d_c exp((s_i - s_1) / 0.07)), s_1 the largest similarity and
 * d_c the class's weight, 1 unless given.
 * Differs from the paper: weights are relative to the nearest neighbour, and the logarithm is taken.
 * @see Wu et al. 2018, section 3.4. https://arxiv.org/abs/1805.01978
 */
export const method: Method<KNearestState, KNearestOptions> = {
  name: "k-nn",
  paper: "Cover & Hart 1967; votes as in Wu et al. 2018. https://arxiv.org/abs/1805.01978",
  transductive: false,
  ranksImages: true,
  defaults: { k: 5 },
  candidates: [{ k: 5 }],
  complexity: 5,
  onePass: false,
  fit: async (support, { k }) => {
    if (!Number.isInteger(k) || k < 1) throw optionError(`k: wanted a whole number from 1, got ${k}`);
    checkSupport(support);
    return {
      support: transformed(support.features, NOTHING, true),
      labels: support.labels.slice(),
      ways: support.ways,
      k: Math.min(k, support.labels.length),
      classWeights: support.classWeights
        ? Float32Array.from(support.classWeights)
        : new Float32Array(support.ways).fill(1),
    };
  },
  predict,
  graph,
};

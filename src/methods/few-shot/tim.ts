import { optionError } from "../../base/errors.ts";
import type { Method } from "../method.ts";
import {
  centredTogether,
  jointOf,
  meanPoints,
  oneHot,
  queryScores,
  remember,
  softmaxRows,
  squaredDistances,
  type Joint,
  type Remembered,
  type Table,
} from "./_joint.ts";
import { refuseGraph } from "./_shared.ts";

export type TimOptions = {
  /** Weight of the support's cross-entropy, > 0; 0.1 in the paper. */
  readonly lambda: number;
  /** Weight of the queries' conditional entropy, >= 0; 0.1 in the paper. */
  readonly alpha: number;
  /** τ of the classifier softmax(-τ/2 |w - z|²), > 0; 15 in the paper. */
  readonly temperature: number;
  /** Alternating updates, a whole number from 0; 150 in the paper. */
  readonly steps: number;
};

const check = ({ lambda, alpha, temperature, steps }: TimOptions): void => {
  if (!(lambda > 0)) throw optionError(`lambda: wanted a number above 0, got ${lambda}`);
  if (!(alpha >= 0)) throw optionError(`alpha: wanted a number from 0, got ${alpha}`);
  if (!(temperature > 0)) throw optionError(`temperature: wanted a number above 0, got ${temperature}`);
  if (!Number.isInteger(steps) || steps < 0) throw optionError(`steps: wanted a whole number from 0, got ${steps}`);
};

/** q_ik ∝ p_ik^(1+α) / (Σ_i p_ik^(1+α))^½ over the queries (eq. 6). */
const assign = (probabilities: Table, ways: number, alpha: number): Table => {
  const powers = probabilities.map((p) => p ** (1 + alpha));
  const sums = new Float64Array(ways);
  powers.forEach((power, at) => (sums[at % ways]! += power));
  const out = powers.map((power, at) => power / Math.sqrt(Math.max(sums[at % ways]!, Number.MIN_VALUE)));
  for (let from = 0; from < out.length; from += ways) {
    let sum = 0;
    for (let c = 0; c < ways; c++) sum += out[from + c]!;
    for (let c = 0; c < ways; c++) out[from + c]! /= sum;
  }
  return out;
};

/** w_k of eq. 7: with target t of each row and v, the worth of support and queries, (Σ v (t z + p (w_k - z))) / Σ v t. */
const update = (
  { labels, rows, ways }: Joint,
  points: Table,
  { targets, probabilities, worths }: { targets: Table; probabilities: Table; worths: readonly [number, number] },
): Table => {
  const out = new Float64Array(points.length);
  for (let c = 0; c < ways; c++) {
    let [own, total] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const [t, p] = [targets[i * ways + c]!, probabilities[i * ways + c]!];
      const v = worths[i < labels.length ? 0 : 1];
      own += v * p;
      total += v * t;
      out[c * rows + i] = v * (t - p);
    }
    for (let i = 0; i < rows; i++) out[c * rows + i] = (out[c * rows + i]! + own * points[c * rows + i]!) / total;
  }
  return out;
};

const logitsOf = (joint: Joint, points: Table, temperature: number): Table =>
  squaredDistances(joint, points).map((d) => (-temperature / 2) * d);

/**
 * Transductive information maximisation, by the alternating direction method (TIM-ADM): the support is told apart while
 * the queries' labels are sure each and varied in all.
 *
 * Loss λ CE(support) - H(Y) + α H(Y|X) over the queries, with p_k = softmax(-τ/2 |w_k - z|²), z at length 1, w beginning
 * at the class means; score_k = -τ/2 |w_k - z|². -H(Y) leans to classes that are equally frequent among the queries.
 * Differs from the paper: z is centred by the mean of support and queries first, as the backbone is not trained for it.
 * @see Boudiaf et al. 2020, eq. 3 and proposition 1. https://arxiv.org/abs/2008.11297
 */
export const method: Method<Remembered<TimOptions>, TimOptions> = {
  name: "tim",
  paper: "Boudiaf et al. 2020, Transductive information maximization (TIM-ADM). https://arxiv.org/abs/2008.11297",
  transductive: true,
  defaults: { lambda: 0.1, alpha: 0.1, temperature: 15, steps: 150 },
  candidates: [],
  complexity: 23,
  onePass: false,
  fit: remember(check),
  predict: async ({ features, labels, ways, options }, asked, algebra) => {
    const { lambda, alpha, temperature, steps } = options;
    const joint = await jointOf({ labels, ways }, centredTogether(features, asked), algebra);
    const from = labels.length * ways;
    const worths = [lambda / (1 + alpha), labels.length / asked.rows] as const;
    const targets = new Float64Array(joint.rows * ways);
    targets.set(oneHot({ labels, ways }));
    let points = meanPoints(joint);
    for (let step = 0; step < steps; step++) {
      const probabilities = softmaxRows(logitsOf(joint, points, temperature), ways);
      targets.set(assign(probabilities.subarray(from), ways, alpha), from);
      points = update(joint, points, { targets, probabilities, worths });
    }
    return queryScores(joint, logitsOf(joint, points, temperature));
  },
  graph: refuseGraph("tim"),
};

import { matrix, rowOf, type Matrix } from "../base/matrix.ts";

/** Softmax of scores / temperature, row by row. */
export const probabilitiesOf = (scores: Matrix, temperature: number): Matrix => {
  const out = matrix(scores.rows, scores.columns);
  for (let i = 0; i < scores.rows; i++) {
    const [from, to] = [rowOf(scores, i), rowOf(out, i)];
    let most = -Infinity;
    for (const s of from) if (s > most) most = s;
    let sum = 0;
    for (let c = 0; c < to.length; c++) sum += to[c] = Math.exp((from[c]! - most) / temperature);
    for (let c = 0; c < to.length; c++) to[c]! /= sum;
  }
  return out;
};

/** -log of the probability of the truth, row by row, at most 50. */
export const logLosses = (scores: Matrix, labels: ArrayLike<number>, temperature: number): Float64Array =>
  Float64Array.from({ length: scores.rows }, (_, i) => {
    const row = rowOf(scores, i);
    let most = -Infinity;
    for (const s of row) if (s > most) most = s;
    let sum = 0;
    for (const s of row) sum += Math.exp((s - most) / temperature);
    return Math.min(50, Math.log(sum) - (row[labels[i]!]! - most) / temperature);
  });

/** Slope and curvature of the summed log loss in β = 1 / temperature, for smoothed targets. */
const slopes = (scores: Matrix, labels: ArrayLike<number>, beta: number, smoothing: number): [number, number] => {
  let [slope, curvature] = [0, 0];
  const others = smoothing / (scores.columns - 1);
  for (let i = 0; i < scores.rows; i++) {
    const row = rowOf(scores, i);
    let most = -Infinity;
    let total = 0;
    for (const s of row) {
      total += s;
      if (s > most) most = s;
    }
    let [sum, first, second] = [0, 0, 0];
    for (const s of row) {
      const e = Math.exp(beta * (s - most));
      sum += e;
      first += e * s;
      second += e * s * s;
    }
    const mean = first / sum;
    const target = (1 - smoothing - others) * row[labels[i]!]! + others * total;
    slope += mean - target;
    curvature += second / sum - mean * mean;
  }
  return [slope, curvature];
};

const STEPS = 60;

/**
 * The temperature with the least log loss, by Newton's method kept inside a bracket.
 *
 * Targets are smoothed by ε = 1 / (n + 2), so that scores without a mistake do not make the model certain.
 * @param scores  out-of-fold, [images, classes]
 * @see Guo et al. 2017, section 4.2. https://arxiv.org/abs/1706.04599; smoothing: Platt 1999, eq. 6
 */
export const fitTemperature = (scores: Matrix, labels: ArrayLike<number>): number => {
  if (scores.rows === 0 || scores.columns < 2) return 1;
  const smoothing = 1 / (scores.rows + 2);
  let spread = 0;
  for (let i = 0; i < scores.rows; i++) spread += Math.max(...rowOf(scores, i)) - Math.min(...rowOf(scores, i));
  if (!(spread > 0)) return 1;
  const unit = scores.rows / spread;
  let [low, high] = [1e-3 * unit, 1e5 * unit];
  let beta = unit;
  for (let step = 0; step < STEPS; step++) {
    const [slope, curvature] = slopes(scores, labels, beta, smoothing);
    if (slope > 0) high = beta;
    else low = beta;
    const newton = beta - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - beta) <= 1e-4 * beta) break;
    beta = next;
  }
  return 1 / beta;
};

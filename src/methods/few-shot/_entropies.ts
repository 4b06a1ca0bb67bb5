import { meanPoints, softmaxRows, squaredDistances, type Joint, type Table } from "./_joint.ts";

/** λ CE(support) + c H(Y|X) - m H(Y), the entropies over the queries. */
export interface EntropyLoss {
  readonly support: number;
  readonly conditional: number;
  readonly marginal: number;
  /** α of Tsallis' entropy (1 - Σ p^α) / (α - 1); 1: Shannon's. */
  readonly order: number;
}

export interface Descent {
  readonly loss: EntropyLoss;
  /** τ of the classifier softmax(-τ/2 |w - z|²). */
  readonly temperature: number;
  readonly steps: number;
}

/** Keeps the logarithm finite. */
const LEAST = 1e-30;
/** Nesterov's momentum. */
const MOMENTUM = 0.9;

/** dH/dp of one probability, up to a term that softmax takes away. */
const slope = (p: number, order: number): number =>
  order === 1 ? -Math.log(Math.max(p, LEAST)) : (-order / (order - 1)) * p ** (order - 1);

/** The loss's gradient in the logits, [rows, ways]. */
const gradientOf = ({ labels, rows, ways }: Joint, probabilities: Table, loss: EntropyLoss): Table => {
  const out = new Float64Array(rows * ways);
  const [known, asked] = [labels.length, rows - labels.length];
  for (let at = 0; at < known * ways; at++) {
    const truth = labels[Math.floor(at / ways)] === at % ways ? 1 : 0;
    out[at] = (loss.support * (probabilities[at]! - truth)) / known;
  }
  const frequency = new Float64Array(ways);
  for (let at = known * ways; at < rows * ways; at++) frequency[at % ways]! += probabilities[at]! / asked;
  const marginal = frequency.map((p) => loss.marginal * slope(p, loss.order));
  for (let from = known * ways; from < rows * ways; from += ways) {
    let mean = 0;
    for (let c = 0; c < ways; c++) {
      const p = probabilities[from + c]!;
      out[from + c] = (loss.conditional * slope(p, loss.order) - marginal[c]!) / asked;
      mean += p * out[from + c]!;
    }
    for (let c = 0; c < ways; c++) out[from + c] = probabilities[from + c]! * (out[from + c]! - mean);
  }
  return out;
};

export const logitsOf = (joint: Joint, points: Table, temperature: number): Table =>
  squaredDistances(joint, points).map((d) => (-temperature / 2) * d);

/**
 * One step against τ Σ_i g_ik (z_i - w_k), the gradient in w_k, of length 1 / τ²: rows at length 1 bound the
 * cross-entropy's curvature by τ²/2.
 */
const stepFrom = ({ rows, ways }: Joint, points: Table, gradient: Table, temperature: number): Table => {
  const out = points.slice();
  for (let c = 0; c < ways; c++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += gradient[i * ways + c]!;
    for (let i = 0; i < rows; i++)
      out[c * rows + i]! += (sum * points[c * rows + i]! - gradient[i * ways + c]!) / temperature;
  }
  return out;
};

/**
 * The classifier's points after so many steps of Nesterov's accelerated descent from the class means, as weights of
 * rows [ways, rows]. The descent is blind to rotations, which Adam would not be.
 */
export const descend = (joint: Joint, { loss, temperature, steps }: Descent): Table => {
  let points = meanPoints(joint);
  let ahead = points;
  for (let step = 0; step < steps; step++) {
    const probabilities = softmaxRows(logitsOf(joint, ahead, temperature), joint.ways);
    const next = stepFrom(joint, ahead, gradientOf(joint, probabilities, loss), temperature);
    ahead = next.map((weight, at) => weight + MOMENTUM * (weight - points[at]!));
    points = next;
  }
  return points;
};

import { optionError } from "../../base/errors.ts";
import { matrix, type Matrix } from "../../base/matrix.ts";
import type { Method } from "../method.ts";
import {
  jointOf,
  meanPoints,
  oneHot,
  remember,
  squaredDistances,
  type Joint,
  type Remembered,
  type Table,
} from "./_joint.ts";
import { meanRow, refuseGraph, transformed } from "./_shared.ts";

export type PtMapOptions = {
  /** Power of every feature, > 0; 0.5 in the paper. */
  readonly power: number;
  /** Sharpness of the transport, > 0; 10 in the paper. */
  readonly lambda: number;
  /** How far prototypes go towards their estimate in a step, in (0, 1]; 0.2 in the authors' code. */
  readonly rate: number;
  /** Steps, a whole number from 0; 20 in the authors' code. */
  readonly steps: number;
};

const NOTHING = new Float32Array(0);
/** How far the shares of a query may be from summing to 1, and how often they are scaled at most (authors' code). */
const TOLERANCE = 1e-6;
const MOST_SCALINGS = 1000;
/** Keeps the logarithm finite. */
const LEAST = 1e-30;

const check = ({ power, lambda, rate, steps }: PtMapOptions): void => {
  if (!(power > 0)) throw optionError(`power: wanted a number above 0, got ${power}`);
  if (!(lambda > 0)) throw optionError(`lambda: wanted a number above 0, got ${lambda}`);
  if (!(rate > 0 && rate <= 1)) throw optionError(`rate: wanted a number above 0 and up to 1, got ${rate}`);
  if (!Number.isInteger(steps) || steps < 0) throw optionError(`steps: wanted a whole number from 0, got ${steps}`);
};

/** Signed powers at length 1; then less their mean, at length 1 again. */
const preprocess = (m: Matrix, power: number): Matrix => {
  const powers = matrix(
    m.rows,
    m.columns,
    m.data.map((v) => Math.sign(v) * Math.abs(v) ** power),
  );
  const unit = transformed(powers, NOTHING, true);
  return transformed(unit, meanRow(unit), true);
};

/** Shares of the queries in the classes: rows sum to 1, columns to as many queries a class; [queries, ways]. */
const transport = (distances: Table, ways: number, lambda: number): Table => {
  const shares = distances.map((d) => Math.exp(-lambda * d));
  const queries = shares.length / ways;
  for (let scaling = 0; scaling < MOST_SCALINGS; scaling++) {
    let furthest = 0;
    const columns = new Float64Array(ways);
    for (let from = 0; from < shares.length; from += ways) {
      let sum = 0;
      for (let c = 0; c < ways; c++) sum += shares[from + c]!;
      furthest = Math.max(furthest, Math.abs(sum - 1));
      for (let c = 0; c < ways; c++) columns[c]! += shares[from + c]! /= sum;
    }
    for (let at = 0; at < shares.length; at++) shares[at]! *= queries / ways / columns[at % ways]!;
    if (scaling > 0 && furthest < TOLERANCE) break; // the first rows were not scaled by columns yet
  }
  return shares;
};

const sharesOf = (joint: Joint, points: Table, lambda: number): Table =>
  transport(squaredDistances(joint, points).subarray(joint.labels.length * joint.ways), joint.ways, lambda);

/** Prototypes moved towards the means of support and queries, each row counted by its share in the class. */
const moved = ({ labels, rows, ways }: Joint, points: Table, queryShares: Table, rate: number): Table => {
  const shares = new Float64Array(rows * ways);
  shares.set(oneHot({ labels, ways }));
  shares.set(queryShares, labels.length * ways);
  const totals = new Float64Array(ways);
  shares.forEach((share, at) => (totals[at % ways]! += share));
  return points.map((weight, at) => {
    const [c, i] = [Math.floor(at / rows), at % rows];
    return weight + rate * (shares[i * ways + c]! / totals[c]! - weight);
  });
};

/**
 * PT-MAP: features by a power transform, centred apart in support and queries; prototypes and an optimal transport of
 * the queries to them in turn. score = log share.
 *
 * Transductive, and it takes classes for equally frequent among the queries: where they are not, it suffers. A lone
 * query is centred onto zero and gets the same share of every class.
 * Differs from the paper: features may be negative, so the power keeps their sign.
 * @see Hu, Gripon & Pateux 2021, eq. 2-7. https://arxiv.org/abs/2006.03806
 */
export const method: Method<Remembered<PtMapOptions>, PtMapOptions> = {
  name: "pt-map",
  paper:
    "Hu, Gripon & Pateux 2021, Leveraging the feature distribution in transfer-based few-shot learning. https://arxiv.org/abs/2006.03806",
  transductive: true,
  seesAxes: true,
  defaults: { power: 0.5, lambda: 10, rate: 0.2, steps: 20 },
  candidates: [],
  complexity: 24,
  onePass: false,
  fit: remember(check),
  predict: async ({ features, labels, ways, options }, asked, algebra) => {
    const { power, lambda, rate, steps } = options;
    const both = { support: preprocess(features, power), queries: preprocess(asked, power) };
    const joint = await jointOf({ labels, ways }, both, algebra);
    let points = meanPoints(joint);
    for (let step = 0; step < steps; step++) points = moved(joint, points, sharesOf(joint, points, lambda), rate);
    const scores = sharesOf(joint, points, lambda).map((share) => Math.log(Math.max(share, LEAST)));
    return matrix(asked.rows, ways, Float32Array.from(scores));
  },
  graph: refuseGraph("pt-map"),
};

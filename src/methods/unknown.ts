import { rowOf, type Matrix } from "../base/matrix.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { add } from "../ops/add.ts";
import { mul } from "../ops/mul.ts";
import { reduceMax } from "../ops/reduce-max.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { sub } from "../ops/sub.ts";
import type { Algebra } from "./algebra.ts";
import {
  classMeans,
  countShots,
  emitLinear,
  predictLinear,
  squareOf,
  subsetOf,
  transformed,
  transposed,
  type LinearHead,
} from "./few-shot/_shared.ts";
import { method as ridge } from "./few-shot/ridge.ts";
import { hasManyScores } from "./many-classes.ts";
import type { Support } from "./method.ts";

/** How strange an image is to a set of classes; plain data. */
export interface UnknownDetector {
  /**
   * `indicator`: squared distance of the regressed class indicators from the nearest class's own.
   * `cosine`: 1 - cosine to the nearest class mean; for up to three classes, and for very many.
   */
  readonly distance: "indicator" | "cosine";
  readonly head: LinearHead;
}

/** What the score measures, for people. */
export const describeDetector = ({ distance }: Pick<UnknownDetector, "distance">): string =>
  distance === "indicator"
    ? "distance to the nearest class in the space of regressed class indicators"
    : "cosine distance to the nearest class mean";

/** Ridge penalty of the regression. */
const LAMBDA = 0.1;

/** The subset of all rows; what the detector that is kept learns from. */
export const everyRow = (support: Support): Int32Array => Int32Array.from(support.labels.keys());

/**
 * Which distance suits: regression tells classes from one another, so it needs some, also with one left out; its
 * indicators are a matrix [images, classes], which very many do not get.
 */
export const distanceFor = ({ labels, ways }: Pick<Support, "labels" | "ways">): UnknownDetector["distance"] =>
  ways > 3 && !hasManyScores(labels.length, ways) ? "indicator" : "cosine";

const indicatorDetectors = async (
  support: Support,
  subsets: readonly Int32Array[],
  algebra: Algebra,
): Promise<LinearHead[]> => ridge.fitSubsets!(support, subsets, { lambda: LAMBDA, normalise: "cl2n" }, algebra);

/** Below every cosine: keeps a class without images, whose mean is zero, from ever being the nearest. */
const NEVER = -2;

const cosineDetector = (support: Support, rows: Int32Array): LinearHead => {
  const { features, labels, ways } = subsetOf(support, rows);
  const nothing = new Float32Array(0);
  const means = transformed(classMeans(features, labels, ways), nothing, true);
  const bias = Float32Array.from(countShots({ labels, ways }), (count) => (count > 0 ? 0 : NEVER));
  return { centre: nothing, unit: true, weights: transposed(means), bias };
};

/**
 * Learns a class-conditional distance on each subset of rows, which may lack classes.
 *
 * `indicator`: class indicators regressed by ridge on features minus their mean scaled to length 1, s(x); an image's
 * score is min_c |s(x) - e_c|². An image of a class never seen lies off the directions that tell the known classes
 * apart, so that all its indicators are small. `cosine`: 1 - the cosine to the nearest class mean.
 */
export const fitUnknown = async (
  support: Support,
  subsets: readonly Int32Array[],
  algebra: Algebra,
): Promise<UnknownDetector[]> => fitDetectors(distanceFor(support), { support, subsets }, algebra);

/** The same by a distance of one's choice. */
export const fitDetectors = async (
  distance: UnknownDetector["distance"],
  { support, subsets }: { readonly support: Support; readonly subsets: readonly Int32Array[] },
  algebra: Algebra,
): Promise<UnknownDetector[]> => {
  const heads =
    distance === "indicator"
      ? await indicatorDetectors(support, subsets, algebra)
      : subsets.map((rows) => cosineDetector(support, rows));
  return heads.map((head) => ({ distance, head }));
};

/** Unknown scores, [queries]; higher is stranger. */
export const scoreUnknown = async (
  { distance, head }: UnknownDetector,
  queries: Matrix,
  algebra: Algebra,
): Promise<Float32Array> => {
  const scores = await predictLinear(head, queries, algebra);
  return Float32Array.from({ length: scores.rows }, (_, i) => {
    const row = rowOf(scores, i);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    return distance === "cosine" ? 1 - most : squareOf(row) - 2 * most + 1;
  });
};

/** Name of a detector's nearness to each class inside a graph. */
export const NEARNESS = "handful_class_nearness";

/** The unknown score from the nearness to each class, [n, classes] -> [n]. */
export const emitStrangeness = (g: Graph, distance: UnknownDetector["distance"], scores: Value): Value => {
  const most = reduceMax(g, scores, { axes: [1], keepdims: 0 });
  if (distance === "cosine") return sub(g, g.constant(1, "one"), most);
  const square = reduceSum(g, mul(g, scores, scores), { axes: [1], keepdims: 0 });
  return add(g, sub(g, square, mul(g, most, 2)), 1);
};

/** `scoreUnknown` as ONNX operators: [n, dim] -> [n]. */
export const emitUnknown = (g: Graph, { distance, head }: UnknownDetector, embedding: Value): Value => {
  const scores = emitLinear(g, head, embedding);
  scores.name = g.freshName(NEARNESS);
  return emitStrangeness(g, distance, scores);
};

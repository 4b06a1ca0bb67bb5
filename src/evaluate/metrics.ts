import { argmax, rowOf, type Matrix } from "../base/matrix.ts";
import type { ReliabilityBin } from "./evidence.ts";

/** Most likely class of every row; of equals the first. */
export const predictedLabels = (scores: Matrix): Int32Array =>
  Int32Array.from({ length: scores.rows }, (_, i) => argmax(rowOf(scores, i)));

/** Images by [truth][predicted]; pairs whose truth is negative are passed over. */
export const confusionMatrix = (labels: ArrayLike<number>, predicted: ArrayLike<number>, ways: number): number[][] => {
  const counts = Array.from({ length: ways }, () => new Array<number>(ways).fill(0));
  for (let i = 0; i < labels.length; i++) if (labels[i]! >= 0) counts[labels[i]!]![predicted[i]!]! += 1;
  return counts;
};

const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);

/** Share of images on the diagonal; NaN for no images. */
export const accuracyOf = (confusion: readonly (readonly number[])[]): number =>
  sum(confusion.map((row, c) => row[c]!)) / sum(confusion.map(sum));

/** Share of every class's images that are recognised; null for a class without images. */
export const recallsOf = (confusion: readonly (readonly number[])[]): (number | null)[] =>
  confusion.map((row, c) => (sum(row) > 0 ? row[c]! / sum(row) : null));

/** Share of the images taken for a class that are of it; null where none is. */
export const precisionsOf = (confusion: readonly (readonly number[])[]): (number | null)[] =>
  confusion.map((_, c) => {
    const taken = sum(confusion.map((row) => row[c]!));
    return taken > 0 ? confusion[c]![c]! / taken : null;
  });

/** Mean recall over the classes that have images. */
export const balancedAccuracyOf = (confusion: readonly (readonly number[])[]): number => {
  const recalls = recallsOf(confusion).filter((r) => r !== null);
  return sum(recalls) / recalls.length;
};

/** A prediction as calibration sees it: how sure, and whether right. */
export interface Confident {
  /** Probability of the predicted class. */
  readonly confidence: number;
  readonly right: boolean;
}

/**
 * Bins of equal width over confidence.
 *
 * @param weight  images that one prediction stands for (1 / repeats)
 */
export const reliabilityBins = (predictions: readonly Confident[], weight = 1, count = 10): ReliabilityBin[] =>
  Array.from({ length: count }, (_, b) => {
    const inside = predictions.filter(({ confidence }) => Math.min(count - 1, Math.floor(confidence * count)) === b);
    return {
      low: b / count,
      high: (b + 1) / count,
      images: inside.length * weight,
      confidence: inside.length > 0 ? sum(inside.map((p) => p.confidence)) / inside.length : null,
      accuracy: inside.length > 0 ? inside.filter((p) => p.right).length / inside.length : null,
    };
  });

/**
 * Expected calibration error: mean distance between confidence and accuracy over bins, weighted by images.
 *
 * @see Guo et al. 2017, eq. 3. https://arxiv.org/abs/1706.04599
 */
export const expectedCalibrationError = (bins: readonly ReliabilityBin[]): number => {
  const images = sum(bins.map((bin) => bin.images));
  return sum(
    bins.map((bin) => (bin.confidence === null ? 0 : (bin.images / images) * Math.abs(bin.confidence - bin.accuracy!))),
  );
};

import { argmax, rowOf, type Matrix } from "../base/matrix.ts";
import type { ReliabilityBin } from "./evidence.ts";

/** Most likely class of every row; of equals the first. */
export const predictedLabels = (scores: Matrix): Int32Array =>
  Int32Array.from({ length: scores.rows }, (_, i) => argmax(rowOf(scores, i)));

/** Images by truth and predicted class, the latter ascending; pairs of classes without images are not in it. */
export type Confusion = readonly ReadonlyMap<number, number>[];

/** Confusion, mean over repeats; images without an answer (negative) are passed over. */
export const confusionOf = (
  labels: ArrayLike<number>,
  repeats: readonly ArrayLike<number>[],
  ways: number,
): Confusion => {
  const counts = Array.from({ length: ways }, () => new Map<number, number>());
  for (const predicted of repeats)
    for (let i = 0; i < labels.length; i++) {
      if (predicted[i]! < 0) continue;
      const row = counts[labels[i]!]!;
      row.set(predicted[i]!, (row.get(predicted[i]!) ?? 0) + 1);
    }
  return counts.map(
    (row) => new Map([...row].sort(([a], [b]) => a - b).map(([predicted, n]) => [predicted, n / repeats.length])),
  );
};

/** As a table, [truth][predicted]. */
export const tableOf = (confusion: Confusion): number[][] =>
  confusion.map((row) => Array.from(confusion, (_, predicted) => row.get(predicted) ?? 0));

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const v of values) total += v;
  return total;
};

const imagesOf = (row: ReadonlyMap<number, number>): number => sum(row.values());

const rightOf = (row: ReadonlyMap<number, number>, c: number): number => row.get(c) ?? 0;

/** Share of images on the diagonal; NaN for no images. */
export const accuracyOf = (confusion: Confusion): number => sum(confusion.map(rightOf)) / sum(confusion.map(imagesOf));

/** Share of every class's images that are recognised; null for a class without images. */
export const recallsOf = (confusion: Confusion): (number | null)[] =>
  confusion.map((row, c) => (imagesOf(row) > 0 ? rightOf(row, c) / imagesOf(row) : null));

/** Share of the images taken for a class that are of it; null where none is. */
export const precisionsOf = (confusion: Confusion): (number | null)[] => {
  const taken = new Float64Array(confusion.length);
  for (const row of confusion) for (const [predicted, images] of row) taken[predicted]! += images;
  return confusion.map((row, c) => (taken[c]! > 0 ? rightOf(row, c) / taken[c]! : null));
};

/** Mean recall over the classes that have images. */
export const balancedAccuracyOf = (confusion: Confusion): number => {
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

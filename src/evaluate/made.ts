import { internalError } from "../base/errors.ts";
import { stackRows, type Matrix } from "../base/matrix.ts";
import { weighWithMore } from "../methods/class-weights.ts";
import type { Support } from "../methods/method.ts";
import type { Round } from "./protocol.ts";

/**
 * Feature rows made from photos: of augmented views, or of synthetic pictures. They help learning and are never asked:
 * a row is trained on where its photo is, and where its photo is held out, so is the row.
 */
export interface Made {
  /** [made, dim], finite. */
  readonly features: Matrix;
  /** Class of every row: as a rule that of its photo; another where the picture was made into one of that class. */
  readonly labels: Int32Array;
  /** Row of the photo each was made from. */
  readonly source: Int32Array;
}

/** @throws internal error naming the row that has no class or photo */
const checkMade = ({ features, labels, ways }: Support, made: Made): void => {
  const { rows, columns } = made.features;
  if (columns !== features.columns || made.labels.length !== rows || made.source.length !== rows)
    throw internalError(
      `made rows: wanted [${rows}, ${features.columns}] with a label and a photo each, got [${rows}, ${columns}], ${made.labels.length} labels, ${made.source.length} photos`,
    );
  const wrong = made.source.findIndex((photo, i) => labels[photo] === undefined || !(made.labels[i]! < ways));
  if (wrong >= 0)
    throw internalError(
      `made row ${wrong}: wanted a class of ${ways} and a photo of ${labels.length}, got class ${made.labels[wrong]} and photo ${made.source[wrong]}`,
    );
};

/** What is learned from: the photos, then the rows made from them. */
export const withMade = (photos: Support, made: Made | undefined): Support => {
  if (!made || made.labels.length === 0) return photos;
  checkMade(photos, made);
  return {
    ...photos,
    features: stackRows([photos.features, made.features]),
    labels: Int32Array.from([...photos.labels, ...made.labels]),
    classWeights: weighWithMore(photos, made.labels),
  };
};

/** The round of photos and made rows together: a made row is in its photo's fold, and only photos are asked. */
export const roundWithMade = (round: Round, source: Int32Array): Round => ({
  count: round.count,
  folds: Int32Array.from([...round.folds, ...source.map((photo) => round.folds[photo]!)]),
  asked: round.asked ?? Int32Array.from(round.folds.keys()),
});

/** Some photos and the rows made from them; those of all come after `photos` of the support. */
export const rowsWithMade = (rows: Int32Array, source: ArrayLike<number>, photos: number): Int32Array => {
  const inside = new Set(rows);
  const made = Array.from(source, (photo, i) => (inside.has(photo) ? [photos + i] : [])).flat();
  return Int32Array.from([...rows, ...made]);
};

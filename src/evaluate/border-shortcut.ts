import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { evaluateHeads } from "./evaluate-heads.ts";
import type { Estimate } from "./evidence.ts";

/** How well parts of photos that should say nothing tell the class. */
export interface BorderShortcut {
  /** Accuracy by the border alone, and by the middle alone, on photos that were not learned from. */
  readonly border: Estimate;
  readonly middle: Estimate;
  /** Accuracy of always saying the largest class. */
  readonly chance: number;
  readonly photos: number;
  /** For people: how photos were asked. */
  readonly protocol: string;
}

export interface BorderShortcutOptions {
  /** What is seen of the border of every photo, and of the rest: [photos, numbers], any scale. */
  readonly border: Matrix;
  readonly middle: Matrix;
  /** Class index of every photo. */
  readonly labels: Int32Array;
  /** Near-duplicates and declared groups, which never straddle a fold. */
  readonly groups: Int32Array;
  readonly classes: readonly string[];
  /** Identity of every photo. */
  readonly keys: readonly string[];
  readonly random: Random;
}

/** Every column with mean 0 and deviation 1; columns that never change stay 0. */
const standardised = (features: Matrix): Matrix => {
  const { rows, columns } = features;
  const out = matrix(rows, columns);
  for (let k = 0; k < columns; k++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rows; i++) sum += rowOf(features, i)[k]!;
    for (let i = 0; i < rows; i++) squares += (rowOf(features, i)[k]! - sum / rows) ** 2;
    const deviation = Math.sqrt(squares / rows);
    if (deviation > 1e-6)
      for (let i = 0; i < rows; i++) rowOf(out, i)[k] = (rowOf(features, i)[k]! - sum / rows) / deviation;
  }
  return out;
};

/**
 * Whether the border alone predicts the class: a simple head (ridge) on colours and texture along the border, judged by
 * nested cross-validation. Where it does, a model may learn the place in place of the thing; the middle, seen in the
 * same coarse way, is there to compare: where things fill the photo, both tell the class.
 *
 * @returns null where no photo can be held out
 */
export const borderShortcut = async (options: BorderShortcutOptions): Promise<BorderShortcut | null> => {
  const judge = (features: Matrix) =>
    evaluateHeads({ ...options, features: standardised(features), heads: ["ridge"], threads: 1 });
  const { evidence } = await judge(options.border);
  if (!evidence.accuracy) return null;
  const middle = await judge(options.middle);
  return {
    border: evidence.accuracy,
    middle: middle.evidence.accuracy!,
    chance: evidence.majorityBaseline,
    photos: options.labels.length,
    protocol: evidence.protocol.text,
  };
};

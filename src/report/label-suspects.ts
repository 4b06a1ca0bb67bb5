import type { OutOfFold } from "../evaluate/evidence.ts";

/** An image whose label is doubtful. */
export interface Suspect {
  readonly row: number;
  /** The class it more likely is of. */
  readonly suggested: number;
  /** How much likelier the suggested class is than the given one, in [-1, 1]. */
  readonly margin: number;
}

/**
 * Images that are confidently of another class than their label says, most doubtful first.
 *
 * An image labelled i is suspected where its likeliest class j is not i, p_j >= t_j, the mean of p_j over the images
 * labelled j, and no repeat voted for i.
 *
 * Differs from the paper: j is the likeliest class of all, not of those above their t; repeats must agree; nothing is
 * pruned by the estimated joint, for people look at each.
 *
 * @see Northcutt, Jiang, Chuang 2021, "Confident Learning", eq. 1-2. https://arxiv.org/abs/1911.00068
 */
export const labelSuspects = (outOfFold: readonly OutOfFold[], classes: number): Suspect[] => {
  const sums = new Float64Array(classes);
  const counts = new Int32Array(classes);
  for (const { label, probabilities } of outOfFold) {
    sums[label]! += probabilities[label] ?? 0;
    counts[label]!++;
  }
  const suspects: Suspect[] = [];
  for (const [row, { label, predicted, votes, probabilities }] of outOfFold.entries()) {
    if (predicted === label || votes.includes(label)) continue;
    const confident = probabilities[predicted]! >= sums[predicted]! / Math.max(1, counts[predicted]!);
    if (!confident) continue;
    suspects.push({ row, suggested: predicted, margin: probabilities[predicted]! - (probabilities[label] ?? 0) });
  }
  return suspects.sort((a, b) => b.margin - a.margin || a.row - b.row);
};

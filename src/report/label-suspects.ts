import { probabilityOf, type OutOfFold } from "../evaluate/evidence.ts";

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
 * labelled j, and no repeat voted for i. Images without probabilities, beside a sample that was asked, do not count.
 *
 * Differs from the paper: j is the likeliest class of all, not of those above their t; repeats must agree; nothing is
 * pruned by the estimated joint, for people look at each.
 *
 * @see Northcutt, Jiang, Chuang 2021, "Confident Learning", eq. 1-2. https://arxiv.org/abs/1911.00068
 */
export const labelSuspects = (outOfFold: readonly OutOfFold[], classes: number): Suspect[] => {
  const sums = new Float64Array(classes);
  const counts = new Int32Array(classes);
  for (const one of outOfFold) {
    if (one.probabilities.length === 0) continue;
    sums[one.label]! += probabilityOf(one, one.label);
    counts[one.label]!++;
  }
  const suspects: Suspect[] = [];
  for (const [row, one] of outOfFold.entries()) {
    const { label, predicted, votes } = one;
    if (predicted === label || votes.includes(label)) continue;
    const probability = probabilityOf(one, predicted);
    // of a class of which no image was asked the mean is NaN: nothing is suspected to be of it
    if (!(probability >= sums[predicted]! / counts[predicted]!)) continue;
    suspects.push({ row, suggested: predicted, margin: probability - probabilityOf(one, label) });
  }
  return suspects.sort((a, b) => b.margin - a.margin || a.row - b.row);
};

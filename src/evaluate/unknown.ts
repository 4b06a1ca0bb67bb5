import { takeRows } from "../base/matrix.ts";
import type { Algebra } from "../methods/algebra.ts";
import type { Support } from "../methods/method.ts";
import { describeDetector, distanceFor, fitUnknown, scoreUnknown } from "../methods/unknown.ts";
import type { UnknownEvidence } from "./evidence.ts";
import type { Round } from "./protocol.ts";

/** Largest share of images of known classes that may be called unknown. */
export const MAX_FALSE_REJECT = 0.05;
/** Most fits with classes left out; beyond as many classes, several are left out together. */
const MAX_LEFT_OUT = 12;

/** Area under the ROC curve: the chance that a stranger scores above a known one; equal scores count half. */
export const areaUnderCurve = (known: ArrayLike<number>, strange: ArrayLike<number>): number => {
  const all = [
    ...Array.from(known, (score) => ({ score, strange: 0 })),
    ...Array.from(strange, (score) => ({ score, strange: 1 })),
  ];
  all.sort((a, b) => a.score - b.score);
  let [below, wins] = [0, 0];
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]!.score === all[from]!.score) to++;
    const strangers = all.slice(from, to).reduce((sum, x) => sum + x.strange, 0);
    wins += strangers * (below + (to - from - strangers) / 2);
    below += to - from - strangers;
    from = to;
  }
  return wins / (known.length * strange.length);
};

/**
 * The threshold with the fewest false accepts and false rejects (shares, added up) among those that reject at most
 * 5 % of the known images; midway between neighbouring scores.
 */
export const chooseThreshold = (known: ArrayLike<number>, strange: ArrayLike<number>): number => {
  const scores = Float64Array.from([...Array.from(known), ...Array.from(strange)]).sort();
  const knownSorted = Float64Array.from(known).sort();
  const strangeSorted = Float64Array.from(strange).sort();
  let [best, least] = [Infinity, Infinity];
  let [k, s] = [0, 0];
  scores.forEach((score, i) => {
    while (k < knownSorted.length && knownSorted[k]! <= score) k++;
    while (s < strangeSorted.length && strangeSorted[s]! <= score) s++;
    const rejected = 1 - k / knownSorted.length;
    const cost = rejected + s / strangeSorted.length;
    if (rejected > MAX_FALSE_REJECT + 1e-9 || cost >= least) return;
    least = cost;
    best = i + 1 < scores.length ? (score + scores[i + 1]!) / 2 : score + Math.abs(score) * 1e-3;
  });
  return best;
};

/** Classes left out together, by round. */
const leftOut = (ways: number): ((c: number) => number) => {
  const rounds = Math.min(ways, MAX_LEFT_OUT);
  return (c) => c % rounds;
};

/** Unknown scores of every image by a detector that had not seen its part; NaN where `partOf` is negative. */
const scoresByParts = async (
  support: Support,
  partOf: (row: number) => number,
  algebra: Algebra,
): Promise<Float64Array> => {
  const all = Array.from(support.labels.keys());
  const parts = [...new Set(all.map(partOf))].filter((part) => part >= 0);
  const subsets = parts.map((part) => Int32Array.from(all.filter((row) => partOf(row) !== part)));
  const out = new Float64Array(all.length).fill(NaN);
  for (const [p, detector] of (await fitUnknown(support, subsets, algebra)).entries()) {
    const asked = all.filter((row) => partOf(row) === parts[p]);
    const scores = await scoreUnknown(detector, takeRows(support.features, asked), algebra);
    asked.forEach((row, i) => (out[row] = scores[i]!));
  }
  return out;
};

/** Out-of-fold unknown scores with what they are worth. */
export interface UnknownResult {
  /** By image; NaN for images never held out. */
  readonly scores: Float64Array;
  readonly evidence: UnknownEvidence;
}

/**
 * Sets the threshold above which an image is called unknown, by leaving one class out in turn.
 *
 * Known: every image by a detector that had not seen its fold. Strangers: every image by a detector that had not
 * seen its class. The rates are those of this threshold on these scores.
 */
export const evaluateUnknown = async (support: Support, round: Round, algebra: Algebra): Promise<UnknownResult> => {
  const part = leftOut(support.ways);
  const scores = await scoresByParts(support, (row) => round.folds[row]!, algebra);
  const strange = await scoresByParts(support, (row) => part(support.labels[row]!), algebra);
  const known = scores.filter((s) => !Number.isNaN(s));
  const threshold = chooseThreshold(known, strange);
  const byClass = Array.from({ length: support.ways }, (_, c) => {
    const own = strange.filter((_, i) => support.labels[i] === c);
    return own.filter((s) => s <= threshold).length / own.length;
  });
  return {
    scores,
    evidence: {
      threshold,
      text: describeDetector({ distance: distanceFor(support.ways) }),
      falseReject: known.filter((s) => s > threshold).length / known.length,
      falseAccept: byClass.reduce((sum, v) => sum + v, 0) / support.ways,
      auroc: areaUnderCurve(known, strange),
      falseAcceptByClass: byClass,
    },
  };
};

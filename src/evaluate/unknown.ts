import { release, takeRows } from "../base/matrix.ts";
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

/** Detectors for several subsets; of a sample's large ones only one at a time is held. */
const detectors = async function* (support: Support, subsets: readonly Int32Array[], algebra: Algebra) {
  if (distanceFor(support) === "indicator") yield* await fitUnknown(support, subsets, algebra);
  else for (const rows of subsets) yield* await fitUnknown(support, [rows], algebra);
};

interface Parts {
  readonly rows: readonly number[];
  readonly partOf: (row: number) => number;
}

/** Unknown scores of the rows asked by a detector that had not seen their part; NaN where `partOf` is negative. */
const scoresByParts = async (support: Support, { rows, partOf }: Parts, algebra: Algebra): Promise<Float64Array> => {
  const all = Array.from(support.labels.keys());
  const parts = [...new Set(rows.map(partOf))].filter((part) => part >= 0);
  const subsets = parts.map((part) => Int32Array.from(all.filter((row) => partOf(row) !== part)));
  const out = new Float64Array(rows.length).fill(NaN);
  let p = 0;
  for await (const detector of detectors(support, subsets, algebra)) {
    const places = [...rows.keys()].filter((at) => partOf(rows[at]!) === parts[p]);
    const asked = places.map((at) => rows[at]!);
    const queries = takeRows(support.features, asked);
    const scores = await scoreUnknown(detector, queries, algebra);
    release(queries);
    places.forEach((at, i) => (out[at] = scores[i]!));
    p++;
  }
  return out;
};

/** Share of the strangers of every class asked that are taken for a known one, classes ascending. */
const acceptedByClass = (labels: readonly number[], strange: ArrayLike<number>, threshold: number): number[] => {
  const own = new Map<number, { images: number; accepted: number }>();
  labels.forEach((label, i) => {
    const { images, accepted } = own.get(label) ?? { images: 0, accepted: 0 };
    own.set(label, { images: images + 1, accepted: accepted + (strange[i]! <= threshold ? 1 : 0) });
  });
  return [...own].sort(([a], [b]) => a - b).map(([, { images, accepted }]) => accepted / images);
};

/** Out-of-fold unknown scores with what they are worth. */
export interface UnknownResult {
  /** By image, or asked image where the round names them; NaN for images never held out. */
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
  const rows = Array.from(round.asked ?? support.labels.keys());
  const scores = await scoresByParts(support, { rows, partOf: (row) => round.folds[row]! }, algebra);
  const strange = await scoresByParts(support, { rows, partOf: (row) => part(support.labels[row]!) }, algebra);
  const known = scores.filter((s) => !Number.isNaN(s));
  const threshold = chooseThreshold(known, strange);
  const byClass = acceptedByClass(
    rows.map((row) => support.labels[row]!),
    strange,
    threshold,
  );
  return {
    scores,
    evidence: {
      threshold,
      text: describeDetector({ distance: distanceFor(support) }),
      falseReject: known.filter((s) => s > threshold).length / known.length,
      falseAccept: byClass.reduce((sum, v) => sum + v, 0) / byClass.length,
      auroc: areaUnderCurve(known, strange),
      falseAcceptByClass: round.asked ? [] : byClass,
    },
  };
};

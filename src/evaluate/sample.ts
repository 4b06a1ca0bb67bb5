import type { Random } from "../base/random.ts";
import type { OutOfFold } from "./evidence.ts";
import type { Confusion } from "./metrics.ts";
import type { Subjects } from "./subjects.ts";

/** Folds of a sample: enough to choose a head without the fold, and each is a small part of the images. */
export const SAMPLE_FOLDS = 3;
/** Bytes of all matrices of scores together, at most. */
const SCORE_BYTES = 200e6;
/** Two candidates, each scored out of fold and once more for the choice without every fold; and the answers. */
const MATRICES = 2 * (1 + SAMPLE_FOLDS) + 1;
/** One group in so many is asked at most, so that every class keeps images to learn from. */
const LEAST_STEP = 2;

interface Group {
  readonly rows: number[];
  label: number;
  key: string;
}

const groupsOf = ({ labels, groups, keys }: Subjects, rows: readonly number[]): Group[] => {
  const collected = new Map<number, Group>();
  for (const row of rows) {
    const [label, key] = [labels[row]!, keys?.[row] ?? String(row)];
    const known = collected.get(groups[row]!);
    if (!known) collected.set(groups[row]!, { rows: [row], label, key });
    else {
      known.rows.push(row);
      known.label = Math.min(known.label, label);
      if (key < known.key) known.key = key;
    }
  }
  return [...collected.values()];
};

/**
 * A random sample of images to ask, whole groups, in proportion to the classes: of all groups in order of class, and
 * at random within it, every k-th (systematic sampling). As many as keep all scores within 200 MB.
 *
 * @param rows  images that may be held out
 * @returns ascending; the same for the same seed and keys, in whatever order the images come
 */
export const sampleRows = (subjects: Subjects, rows: readonly number[], random: Random): number[] => {
  const room = SCORE_BYTES / (Float32Array.BYTES_PER_ELEMENT * MATRICES * subjects.ways);
  const ordered = groupsOf(subjects, rows)
    .map((group) => ({ ...group, draw: random.fork(group.key).uniform() }))
    .sort((a, b) => a.label - b.label || a.draw - b.draw || (a.key < b.key ? -1 : 1));
  const step = Math.max(LEAST_STEP, rows.length / room);
  const taken: number[] = [];
  for (let at = random.uniform() * step; at < ordered.length; at += step) {
    const group = ordered[Math.floor(at)]!.rows;
    if (taken.length + group.length <= room) taken.push(...group);
  }
  return taken.sort((a, b) => a - b);
};

/** All images, where evidence is gathered of a sample. */
export interface Sample {
  readonly labels: Int32Array;
  readonly groups: Int32Array;
  /** Which of them were asked, ascending. */
  readonly rows: Int32Array;
}

/** Probabilities of one image that are kept: its likeliest classes, and the truth. */
const KEPT = 20;

const likeliest = (one: OutOfFold): OutOfFold => {
  const { probabilities, label } = one;
  const least = Float64Array.from(probabilities).sort().at(-KEPT) ?? 0;
  const classes = [...probabilities.keys()]
    .filter((c) => probabilities[c]! >= least)
    .sort((a, b) => probabilities[b]! - probabilities[a]! || a - b)
    .slice(0, KEPT);
  if (!classes.includes(label)) classes.push(label);
  return { ...one, classes, probabilities: classes.map((c) => probabilities[c]!) };
};

/** What was said of the asked images, in the places of all images; of each asked one its likeliest classes. */
export const outOfFoldOfAll = (asked: readonly OutOfFold[], { labels, rows }: Sample): OutOfFold[] => {
  const out = Array.from(labels, (label): OutOfFold => ({
    label,
    predicted: label,
    votes: [],
    probabilities: [],
    unknownScore: 0,
  }));
  rows.forEach((row, at) => (out[row] = likeliest(asked[at]!)));
  return out;
};

/** Most pairs that are listed. */
const MOST_PAIRS = 1000;

/** The classes taken for another, most images first. */
export const confusedPairsOf = (confusion: Confusion) =>
  confusion
    .flatMap((row, label) =>
      [...row].flatMap(([predicted, images]) => (predicted === label ? [] : [{ label, predicted, images }])),
    )
    .sort((a, b) => b.images - a.images || a.label - b.label || a.predicted - b.predicted)
    .slice(0, MOST_PAIRS);

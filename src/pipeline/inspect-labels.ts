import { createRandom } from "../base/random.ts";
import { scanDataset } from "../data/scan.ts";
import { evaluateHeads } from "../evaluate/evaluate-heads.ts";
import { probabilityOf, type OutOfFold } from "../evaluate/evidence.ts";
import type { DoubtfulLabel } from "../report/label-page.ts";
import { labelSuspects } from "../report/label-suspects.ts";
import { checkLabels, openEmbedded, type EmbedPhotosOptions } from "./embed-photos.ts";
import { lessonOf, type Lesson } from "./lesson.ts";
import { selectPhotos } from "./select-photos.ts";
import { thumbnailOf } from "./thumbnail-of.ts";

export interface InspectLabelsOptions extends EmbedPhotosOptions {
  /** Folder or manifest. */
  readonly photos: string;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface InspectedLabels {
  readonly photos: number;
  /** For people: how photos were asked. */
  readonly protocol: string;
  /** Contradictions, then suspects, then ambiguous ones, each the most doubtful first. */
  readonly doubtful: readonly DoubtfulLabel[];
}

/** Probability of the second likeliest class, in parts of the likeliest's, from which on a photo is ambiguous. */
const AMBIGUOUS = 0.7;

type Found = Omit<DoubtfulLabel, "picture" | "name" | "label"> & { readonly row: number };

const ambiguous = (outOfFold: readonly OutOfFold[], classes: readonly string[], taken: ReadonlySet<number>): Found[] =>
  outOfFold.flatMap((one, row) => {
    if (taken.has(row) || one.votes.length === 0) return [];
    const share = (c: number): number => probabilityOf(one, c);
    const [first, second] = [...classes.keys()].sort((a, b) => share(b) - share(a) || a - b);
    if (share(second!) < AMBIGUOUS * share(first!)) return [];
    const doubt = share(first!) - share(one.label);
    return [{ kind: "ambiguous", row, why: `torn between ${classes[first!]!} and ${classes[second!]!}`, doubt }];
  });

/** Both of each pair of near-copies with two labels. */
const contradictions = ({ selected, dataset, labels, classes }: Lesson): Found[] => {
  const rowOf = new Map(selected.training.items.map((item, row) => [item, row]));
  const exact = new Map<number, Found>();
  for (const { a, b } of selected.nearDuplicates) {
    const [x, y] = [rowOf.get(a), rowOf.get(b)];
    if (x === undefined || y === undefined || labels[x] === labels[y]) continue;
    for (const [row, other, item] of [
      [x, y, b],
      [y, x, a],
    ] as const)
      exact.set(row, {
        kind: "contradiction",
        row,
        why: `the same scene as ${dataset.items[item]!.name}, labelled ${classes[labels[other]!]!}`,
        doubt: 1,
      });
  }
  return [...exact.values()];
};

/**
 * Labels worth a second look: the same scene with two labels, photos that models which had not seen them are sure to be
 * of another class (confident learning; leave-one-out where classes have 2 to 4 photos), and those between two classes.
 */
export const inspectLabels = async (options: InspectLabelsOptions): Promise<InspectedLabels> => {
  const dataset = await scanDataset(options.photos);
  checkLabels(dataset);
  const { backbone, embedded } = await openEmbedded(dataset, options);
  await backbone.close();
  const selected = selectPhotos(dataset, embedded, { keepConflicts: true });
  const lesson = lessonOf({ backbone, dataset, embedded, selected });
  const { classes, labels, keys } = lesson;
  const { features, items } = selected.training;
  const { threads, signal, onProgress } = options;
  const { evidence } = await evaluateHeads({
    features,
    labels,
    groups: Int32Array.from(labels.keys()), // a wrong copy must not be held out with the right one: each is asked alone
    classes,
    keys,
    random: createRandom(options.seed),
    ...(threads !== undefined && { threads }),
    onProgress: (done, total) => {
      signal?.throwIfAborted();
      onProgress?.(done, total);
    },
  });
  const outOfFold = evidence.outOfFold ?? [];
  const twice = contradictions(lesson);
  const seen = new Set(twice.map(({ row }) => row));
  const suspects = labelSuspects(outOfFold, classes.length)
    .filter(({ row }) => !seen.has(row))
    .map(({ row, suggested, margin }): Found => ({
      kind: "suspect",
      row,
      why: `more likely ${classes[suggested]!}`,
      doubt: margin,
    }));
  suspects.forEach(({ row }) => seen.add(row));
  const found = [...twice, ...suspects, ...ambiguous(outOfFold, classes, seen).sort((a, b) => b.doubt - a.doubt)];
  const doubtful: DoubtfulLabel[] = [];
  for (const { row, ...one } of found) {
    const item = items[row]!;
    const picture = await thumbnailOf(dataset, item, backbone.preprocess.window);
    doubtful.push({ ...one, name: dataset.items[item]!.name, label: classes[labels[row]!]!, picture });
  }
  return { photos: labels.length, protocol: evidence.protocol.text, doubtful };
};

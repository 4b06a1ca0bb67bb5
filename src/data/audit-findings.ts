import { SPLITS, type DataSet, type Warning } from "./dataset.ts";
import { exactDuplicates, groupItems, nearDuplicatesByLook, type Pair } from "./duplicates.ts";
import { extensionOf, FORMAT_EXTENSIONS, isBareName } from "./names.ts";
import { isFlat, thumbnailSimilarity } from "./perceptual-hash.ts";
import type { ImageHeader } from "./sniff.ts";

/** What is kept of a readable image. */
export interface ImageFacts extends ImageHeader {
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** What near-duplicate search compares; opaque, see `perceptual-hash.ts`. */
  readonly fingerprint: Uint8Array;
}

/** One line of the class table. */
export interface ClassCount {
  readonly name: string;
  /** Readable images. */
  readonly images: number;
}

/** What facts about single images say of the whole set. */
export interface Findings {
  /** In the order of `dataset.classes`. */
  readonly classes: readonly ClassCount[];
  /** Groups of two or more items with the same bytes, by index, each sorted. */
  readonly exactDuplicates: readonly (readonly number[])[];
  /** Pairs that look the same and differ in bytes. */
  readonly nearDuplicates: readonly Pair[];
  /** Those of `exactDuplicates` with two labels: E_LABEL_CONFLICT, to be left out unless told otherwise. */
  readonly conflicts: readonly (readonly number[])[];
  /** For each look-alike across splits: a, in the earlier of train, validation, test, and b in the later. */
  readonly leaks: readonly Pair[];
  readonly oddSizes: readonly { readonly index: number; readonly reason: string }[];
  readonly warnings: readonly Warning[];
}

type Facts = readonly (ImageFacts | null)[];

/** Longer side to shorter side above which a picture is odd, and the shorter side below which it is tiny, in pixels. */
const ODD_ASPECT = 20;
const TINY_SIDE = 16;
/** A class with fewer images than this is named in a warning. */
const FEW_IMAGES = 5;
/** Largest to smallest class from which imbalance is warned of. */
const IMBALANCE = 10;
const EXAMPLES = 3;

const countClasses = (dataset: DataSet, facts: Facts): ClassCount[] => {
  const counts = new Map(dataset.classes.map((name) => [name, 0]));
  dataset.items.forEach(({ label }, i) => {
    if (facts[i] && label !== null && counts.has(label)) counts.set(label, counts.get(label)! + 1);
  });
  return [...counts].map(([name, images]) => ({ name, images }));
};

/** Look-alikes of whole groups: through exact copies, near copies, and chains of both. */
const findLeaks = (
  dataset: DataSet,
  facts: Facts,
  { exact, near }: { exact: readonly (readonly number[])[]; near: readonly Pair[] },
): Pair[] => {
  const pairs = [...near];
  for (const group of exact) for (const index of group.slice(1)) pairs.push({ a: group[0]!, b: index, similarity: 1 });
  const groups = groupItems({ count: dataset.items.length, pairs });
  const order = (index: number): number => SPLITS.indexOf(dataset.items[index]!.split ?? "train");
  const earliest = new Map<number, number>();
  groups.forEach((group, index) => {
    const first = earliest.get(group);
    if (first === undefined || order(index) < order(first)) earliest.set(group, index);
  });
  const leaks: Pair[] = [];
  groups.forEach((group, b) => {
    const a = earliest.get(group)!;
    if (order(a) === order(b)) return;
    const [x, y] = [facts[a]!, facts[b]!];
    leaks.push({ a, b, similarity: x.sha256 === y.sha256 ? 1 : thumbnailSimilarity(x.fingerprint, y.fingerprint) });
  });
  return leaks;
};

const findOddSizes = (facts: Facts): { index: number; reason: string }[] =>
  facts.flatMap((fact, index) => {
    if (!fact) return [];
    const [short, long] = [Math.min(fact.width, fact.height), Math.max(fact.width, fact.height)];
    const size = `${fact.width} x ${fact.height} pixels`;
    if (long > ODD_ASPECT * short) return [{ index, reason: `${size}: longer than ${ODD_ASPECT} to 1` }];
    return short < TINY_SIDE ? [{ index, reason: `${size}: tiny` }] : [];
  });

/** "3 images are ...: a.jpg, b.jpg, ..." for the items a test picks, or nothing. */
const countWarning = (
  dataset: DataSet,
  facts: Facts,
  { code, what, is }: { code: string; what: string; is: (fact: ImageFacts, name: string) => boolean },
): Warning[] => {
  const names = dataset.items.flatMap(({ name }, i) => (facts[i] && is(facts[i], name) ? [name] : []));
  if (names.length === 0) return [];
  const shown = names.slice(0, EXAMPLES).join(", ") + (names.length > EXAMPLES ? ", ..." : "");
  return [{ code, message: `${names.length} ${names.length === 1 ? "image" : "images"} ${what}: ${shown}` }];
};

const classWarnings = (classes: readonly ClassCount[]): Warning[] => {
  const present = classes.filter(({ images }) => images > 0);
  const few = present.filter(({ images }) => images < FEW_IMAGES);
  const warnings: Warning[] = [];
  if (few.length > 0) {
    const shown = few.slice(0, EXAMPLES).map(({ name, images }) => `${name} (${images})`);
    const list = shown.join(", ") + (few.length > EXAMPLES ? `, ... (${few.length} classes)` : "");
    warnings.push({ code: "W_FEW_IMAGES", message: `fewer than ${FEW_IMAGES} images: ${list}` });
  }
  const [least, most] = present.reduce<[ClassCount?, ClassCount?]>(
    ([low, high], c) => [!low || c.images < low.images ? c : low, !high || c.images > high.images ? c : high],
    [],
  );
  if (least && most && most.images >= IMBALANCE * least.images)
    warnings.push({
      code: "W_IMBALANCE",
      message: `classes are uneven: ${most.name} has ${most.images} images, ${least.name} ${least.images}; judge by balanced accuracy and by class`,
    });
  return warnings;
};

/** Whether several frames are planes of one thing, or moments of it, and not an animation. */
const isScan = (format: ImageFacts["format"]): boolean => format === "dicom" || format === "nifti";

/**
 * Everything that can be said of a data set once each image has been looked at.
 *
 * @param volumes  whether volumes are taken whole, and not their middle planes
 */
export const findings = (dataset: DataSet, facts: Facts, volumes = false): Findings => {
  const exact = exactDuplicates(facts.map((fact) => fact?.sha256 ?? null));
  // Of exact copies one stands for all, else every near copy would be listed once per exact copy.
  const copies = new Set(exact.flatMap((group) => group.slice(1)));
  const near = nearDuplicatesByLook(facts.map((fact, i) => (fact && !copies.has(i) ? fact.fingerprint : null)));
  const classes = countClasses(dataset, facts);
  const labelsOf = (group: readonly number[]): Set<string> =>
    new Set(group.flatMap((index) => dataset.items[index]!.label ?? []));
  return {
    classes,
    exactDuplicates: exact,
    nearDuplicates: near,
    conflicts: exact.filter((group) => labelsOf(group).size > 1),
    leaks: findLeaks(dataset, facts, { exact, near }),
    oddSizes: findOddSizes(facts),
    warnings: [
      ...countWarning(dataset, facts, {
        code: "W_EXTENSION",
        what: "named as another format than the content, which is what counts",
        is: ({ format }, name) =>
          !FORMAT_EXTENSIONS[format].some((extension) => extension === extensionOf(name)) &&
          !(format === "dicom" && isBareName(name)),
      }),
      ...countWarning(dataset, facts, {
        code: "W_ANIMATED",
        what: "animated, of which the first frame is used",
        is: ({ frames, format }) => frames > 1 && !isScan(format),
      }),
      ...countWarning(dataset, facts, {
        code: "W_FRAMES",
        what: "of several frames, of which the middle one is used",
        is: ({ frames, format }) => frames > 1 && format === "dicom",
      }),
      ...countWarning(dataset, facts, {
        code: "W_VOLUMES",
        what: "of several planes: a network of pictures sees the middle one, a 3-D network all of them",
        is: ({ frames, format }) => frames > 1 && format === "nifti" && !volumes,
      }),
      ...countWarning(dataset, facts, {
        code: "W_BLANK",
        what: "of one plain colour",
        is: ({ fingerprint }) => isFlat(fingerprint),
      }),
      ...classWarnings(classes),
    ],
  };
};

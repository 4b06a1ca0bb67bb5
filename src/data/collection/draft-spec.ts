import { Document, isMap, isScalar, type YAMLMap } from "yaml";
import type { DataSet } from "../dataset.ts";
import { angleVariety, backgroundVariety, type Measured } from "./check-collection.ts";
import type { PhotoMeasures } from "./measure-photo.ts";
import { photoChecks, type PhotoCheck } from "./photo-checks.ts";

/** Share of good examples that may lie beyond each limit before the margin is added. */
const TAIL = 0.05;
/** Margin, in parts of the span between the two quantiles: for normally spread numbers 0.7 % of photos lie beyond. */
const MARGIN = 0.25;
/** The least margin, on the scale of the number: of ratios a tenth, of a share's root or of a difference 0.02. */
const LEAST_MARGIN = { ratio: Math.log(1.1), root: 0.02, difference: 0.02 } as const;

/** On which numbers spread about evenly, and back. */
const SCALES = {
  ratio: { to: (value: number) => Math.log(Math.max(value, 1e-3)), from: Math.exp },
  root: { to: Math.sqrt, from: (value: number) => Math.max(0, value) ** 2 },
  difference: { to: (value: number) => value, from: (value: number) => value },
} as const;
/** Photos a class should have: below, its recall is known only to 22 points or worse. */
const PHOTOS = 20;
/** Part of the good examples' variety that is asked for. */
const VARIETY = 0.5;
/** How far from chance to always right the border alone may tell the class. */
const ABOVE_CHANCE = 0.25;
/** Columns of a manifest with so many different values are taken as capture conditions. */
const TAG_VALUES = [2, 12] as const;

/** The value below which a share of the sorted numbers lies, by linear interpolation. */
const quantile = (sorted: readonly number[], share: number): number => {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
};

/** Rounded outwards, so that what was measured stays inside. */
const outwards = (value: number, digits: number, side: "least" | "most"): number => {
  const scale = 10 ** digits;
  return Number(((side === "least" ? Math.floor(value * scale) : Math.ceil(value * scale)) / scale).toFixed(digits));
};

const limitsOf = (check: PhotoCheck, photos: readonly PhotoMeasures[]): { least?: number; most?: number } => {
  const { to, from } = SCALES[check.scale];
  const sorted = photos.map((one) => to(one[check.key])).sort((a, b) => a - b);
  const [low, high] = [quantile(sorted, TAIL), quantile(sorted, 1 - TAIL)];
  const back = (value: number): number => Math.min(check.range[1], Math.max(check.range[0], from(value)));
  const margin = Math.max(LEAST_MARGIN[check.scale], MARGIN * (high - low));
  return {
    ...(check.low && { least: outwards(back(low - margin), check.digits, "least") }),
    ...(check.high && { most: outwards(back(high + margin), check.digits, "most") }),
  };
};

/** Photos of every class of 5 or more; all together where there are no classes. */
const classesOf = ({ classes, items }: DataSet, measured: Measured): PhotoMeasures[][] => {
  const names = classes.length > 0 ? classes : [null];
  return names
    .map((name) => items.flatMap(({ label }, i) => (label === name && measured[i] ? [measured[i]] : [])))
    .filter((photos) => photos.length >= 5);
};

const tagsOf = ({ items }: DataSet): Record<string, object> => {
  const found = new Map<string, Set<string>>();
  for (const { columns } of items)
    for (const [column, value] of columns ?? [])
      if (value.trim() !== "") found.set(column, (found.get(column) ?? new Set()).add(value.trim()));
  const [few, many] = TAG_VALUES;
  return Object.fromEntries(
    [...found]
      .filter(([, values]) => values.size >= few && values.size <= many)
      .map(([column, values]) => [column, { column, values: [...values].sort(), per_class: 1 }]),
  );
};

/** What the border alone tells of the class in the good examples. */
export interface DraftBorder {
  readonly accuracy: number;
  readonly chance: number;
}

const HEAD = ` What photos of this collection should be like: written by handful from good examples, to be changed by hand.
 Check photos against it:  handful inspect <photos> --spec <this file>
 Take a line out, and nothing is said about it.`;

const CLASS_WORDS: Readonly<Record<string, string>> = {
  photos: ` photos a class needs; with ${PHOTOS} its recall is known to about 22 points`,
  background: " how far the borders of two photos differ, 0 (one and the same background) to 1",
  angles: " how differently things are turned, 0 (edges all lead one way) to 1; viewpoints are better given as tags",
};

const TAGS_WORDS = ` Capture conditions: each class needs per_class photos of every value. A tag is read from a column of the
 manifest, or from folder and file name: * is anything, {} the tag. For example
   light: { name: "*_{}_*", values: [day, night], per_class: 5 }
   camera: { column: camera, values: [phone, microscope], per_class: 3 }`;

/** Comments above the keys of a map. */
const comment = (map: unknown, words: (key: string) => string | undefined): void => {
  if (!isMap(map)) return;
  for (const { key } of (map as YAMLMap).items)
    if (isScalar(key)) {
      const text = words(String(key.value));
      if (text !== undefined) key.commentBefore = text;
    }
};

const borderWords = (border: DraftBorder): string => {
  const measured = `${(100 * border.accuracy).toFixed(0)} % here, by chance ${(100 * border.chance).toFixed(0)} %`;
  return ` share of photos whose class may be told from their border alone (${measured}); where things fill the\n whole photo, raise it`;
};

/**
 * A specification that good examples keep to, as commented YAML: limits are quantiles with a margin.
 *
 * @param measured  by item; at least one photo
 * @param border  null where it could not be asked
 */
export const draftSpec = (dataset: DataSet, measured: Measured, border: DraftBorder | null): string => {
  const photos = measured.filter((one) => one !== null);
  const groups = classesOf(dataset, measured);
  const least = (variety: (own: readonly PhotoMeasures[]) => number): number =>
    outwards(VARIETY * Math.min(...groups.map(variety)), 3, "least");
  const document = new Document({
    version: 1,
    photo: Object.fromEntries(photoChecks.map((check) => [check.key, limitsOf(check, photos)])),
    class: {
      photos: PHOTOS,
      ...(groups.length > 0 && { background: least(backgroundVariety), angles: least(angleVariety) }),
    },
    ...(border && { border: { most: Number((border.chance + ABOVE_CHANCE * (1 - border.chance)).toFixed(2)) } }),
    tags: tagsOf(dataset),
  });
  document.commentBefore = HEAD;
  comment(document.contents, (key) => (key === "tags" ? TAGS_WORDS : undefined));
  comment(document.get("photo"), (key) => ` ${photoChecks.find((check) => check.key === key)!.what}`);
  comment(document.get("class"), (key) => CLASS_WORDS[key]);
  if (border) comment(document.get("border"), () => borderWords(border));
  for (const { value } of (document.get("photo") as YAMLMap).items) if (isMap(value)) value.flow = true;
  for (const { key } of (document.contents as YAMLMap).items.slice(1)) if (isScalar(key)) key.spaceBefore = true;
  return document.toString({ lineWidth: 0 });
};

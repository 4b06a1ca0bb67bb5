import type { DataSet } from "../dataset.ts";
import { isBorder, CELL_NUMBERS, type PhotoMeasures } from "./measure-photo.ts";
import type { CollectionSpec } from "./collection-spec.ts";
import { photoChecks, type Fault } from "./photo-checks.ts";
import { createTagReader } from "./photo-tag.ts";

/** A photo out of the range that was asked for. */
export interface PhotoFault extends Fault {
  /** Item of the data set. */
  readonly index: number;
  readonly key: string;
  readonly value: number;
  readonly limit: number;
  /** For people: "brightness 0.081, wanted at least 0.2". */
  readonly text: string;
}

/** Name of the one class of photos without labels. */
export const ALL_PHOTOS = "all photos";

/** A class that falls short as a whole. */
export interface ClassFault extends Fault {
  readonly name: string;
  readonly key: "photos" | "background" | "angles";
  readonly value: number;
  readonly least: number;
  readonly text: string;
}

/** A capture condition that is missing or rare. */
export interface TagFault {
  readonly tag: string;
  readonly value: string;
  /** Null where photos have no classes. */
  readonly name: string | null;
  readonly photos: number;
  readonly least: number;
  readonly text: string;
}

export interface CollectionFindings {
  readonly photos: readonly PhotoFault[];
  readonly classes: readonly ClassFault[];
  readonly tags: readonly TagFault[];
  /** By tag, the items that have none of its values. */
  readonly untagged: readonly { readonly tag: string; readonly items: readonly number[] }[];
}

/** By item; null where the photo cannot be read. */
export type Measured = readonly (PhotoMeasures | null)[];

/**
 * How far two photos' borders lie apart in colour on average (root mean square, 0-1): 0 where all lie on the same
 * background. Twice the variance, cell by cell, is the mean squared difference of two.
 */
export const backgroundVariety = (photos: readonly PhotoMeasures[]): number => {
  const n = photos.length;
  let [sum, places] = [0, 0];
  for (let at = 0; at < (photos[0]?.cells.length ?? 0); at++) {
    if (at % CELL_NUMBERS > 2 || !isBorder(Math.floor(at / CELL_NUMBERS))) continue;
    const mean = photos.reduce((total, { cells }) => total + cells[at]!, 0) / n;
    sum += (2 * photos.reduce((total, { cells }) => total + (cells[at]! - mean) ** 2, 0)) / (n - 1);
    places++;
  }
  return Math.sqrt(sum / places);
};

/** How differently things are turned: 0 where all edges lead the same way, 1 where they lead every way. */
export const angleVariety = (photos: readonly PhotoMeasures[]): number => {
  let [x, y, length] = [0, 0, 0];
  for (const { angle } of photos) {
    x += angle[0];
    y += angle[1];
    length += Math.hypot(...angle);
  }
  return length === 0 ? 1 : 1 - Math.hypot(x, y) / length;
};

/** A number for people: small ones with more digits. */
export const rounded = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));

const photoFaults = ({ photo }: CollectionSpec, measured: Measured): PhotoFault[] =>
  photoChecks.flatMap(({ key, low, high }) => {
    const { least = -Infinity, most = Infinity } = photo[key] ?? {};
    return measured.flatMap((one, index): PhotoFault[] => {
      if (!one) return [];
      const value = one[key];
      const text = (wanted: string): string => `${key} ${rounded(value)}, wanted ${wanted}`;
      if (low && value < least)
        return [{ ...low, index, key, value, limit: least, text: text(`at least ${rounded(least)}`) }];
      return high && value > most
        ? [{ ...high, index, key, value, limit: most, text: text(`at most ${rounded(most)}`) }]
        : [];
    });
  });

const CLASS_FAULTS: Readonly<Record<ClassFault["key"], Fault>> = {
  photos: { title: "too few photos", advice: "Take more photos of it, on other days and of other pieces." },
  background: {
    title: "the same background",
    advice: "Photograph it in other places too: a model may learn the background in place of the thing.",
  },
  angles: { title: "the same angle", advice: "Turn the thing, or the camera, between photos." },
};

/** Photos of each class of a data set, by index; of one nameless class where there are none. */
const itemsOfClasses = ({ classes, items }: DataSet): Map<string | null, number[]> => {
  const by = new Map<string | null, number[]>(classes.length > 0 ? classes.map((name) => [name, []]) : [[null, []]]);
  items.forEach(({ label }, index) => by.get(label)?.push(index));
  return by;
};

/** Photos from which on variety within a class is judged. */
const ENOUGH = 5;

const classFaults = (dataset: DataSet, spec: CollectionSpec, measured: Measured): ClassFault[] =>
  [...itemsOfClasses(dataset)].flatMap(([name, items]) => {
    const photos = items.flatMap((index) => measured[index] ?? []);
    const values: readonly (readonly [ClassFault["key"], number])[] = [
      ["photos", photos.length],
      ...(photos.length >= ENOUGH
        ? ([
            ["background", backgroundVariety(photos)],
            ["angles", angleVariety(photos)],
          ] as const)
        : []),
    ];
    return values.flatMap(([key, value]): ClassFault[] => {
      const least = spec.class[key] ?? 0;
      if (value >= least) return [];
      const what = key === "photos" ? rounded(value) : `variety ${rounded(value)}`;
      const text = `${what}, wanted at least ${rounded(least)}`;
      return [{ ...CLASS_FAULTS[key], name: name ?? ALL_PHOTOS, key, value, least, text }];
    });
  });

const tagFindings = (
  dataset: DataSet,
  { tags }: CollectionSpec,
  measured: Measured,
): Pick<CollectionFindings, "tags" | "untagged"> => {
  const [faults, untagged]: [TagFault[], { tag: string; items: number[] }[]] = [[], []];
  for (const [tag, one] of Object.entries(tags)) {
    const read = createTagReader(one);
    const found = dataset.items.map((item, index) => (measured[index] ? read(item) : null));
    const without = found.flatMap((value, index) => (value === null && measured[index] ? [index] : []));
    if (without.length > 0) untagged.push({ tag, items: without });
    for (const [name, items] of itemsOfClasses(dataset))
      for (const value of one.values) {
        const photos = items.filter((index) => found[index] === value).length;
        const text = `${tag} ${value}: ${photos} ${photos === 1 ? "photo" : "photos"}, wanted at least ${one.per_class}`;
        if (photos < one.per_class) faults.push({ tag, value, name, photos, least: one.per_class, text });
      }
  }
  return { tags: faults, untagged };
};

/**
 * Everything about measured photos that is not as the specification asks. Variety within a class is judged from 5
 * photos on.
 */
export const checkCollection = (dataset: DataSet, spec: CollectionSpec, measured: Measured): CollectionFindings => ({
  photos: photoFaults(spec, measured),
  classes: classFaults(dataset, spec, measured),
  ...tagFindings(dataset, spec, measured),
});

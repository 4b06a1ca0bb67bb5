import sharp from "sharp";
import { HandfulError } from "../base/errors.ts";
import type { Audit } from "../data/audit.ts";
import {
  ALL_PHOTOS,
  checkCollection,
  type CollectionFindings,
  type Measured,
} from "../data/collection/check-collection.ts";
import type { CollectionSpec } from "../data/collection/collection-spec.ts";
import { CELLS, CELL_NUMBERS, isBorder } from "../data/collection/measure-photo.ts";
import type { DataSet } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { scanDataset } from "../data/scan.ts";
import type { BorderShortcut } from "../evaluate/border-shortcut.ts";
import type { CollectionInput, ShownPhoto } from "../report/collection-page.ts";
import { makeThumbnail } from "../report/thumbnails.ts";
import { askBorder, measurePhotos, type MeasureOptions } from "./measure-photos.ts";

export interface InspectCollectionOptions extends MeasureOptions {
  /** Folder or manifest. */
  readonly photos: string;
  readonly spec: CollectionSpec;
  readonly seed: number;
  /** As of `scanDataset`. */
  readonly groupBy?: RegExp | undefined;
}

export interface InspectedCollection {
  readonly dataset: DataSet;
  readonly audit: Audit;
  readonly findings: CollectionFindings;
  /** Null where it could not be asked; `isOver`: surely above the specification's limit. */
  readonly border: (BorderShortcut & { readonly isOver: boolean }) | null;
  /** For the page. */
  readonly page: CollectionInput;
}

const SIDE = 176;
/** Pictures on the page: of one kind of fault, of one class as an example, and classes whose borders are shown. */
const MOST_OF_KIND = 60;
const MOST_OF_CLASS = 4;
const MOST_CLASSES = 24;

/** The mean border of photos as a picture: cells of plain colour round an empty middle. */
const meanBorder = async (measured: Measured, items: readonly number[]): Promise<string> => {
  const pixels = new Uint8Array(CELLS * CELLS * 4);
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    if (!isBorder(cell)) continue;
    for (let c = 0; c < 3; c++) {
      const sum = items.reduce((total, i) => total + measured[i]!.cells[cell * CELL_NUMBERS + c]!, 0);
      pixels[4 * cell + c] = Math.round((255 * sum) / items.length);
    }
    pixels[4 * cell + 3] = 255;
  }
  const png = await sharp(pixels, { raw: { width: CELLS, height: CELLS, channels: 4 } })
    .resize(SIDE, SIDE, { kernel: "nearest" })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
};

const pictureOf = async (dataset: DataSet, index: number): Promise<string | null> => {
  try {
    const { bytes } = await readItem(dataset.items[index]!);
    return (await makeThumbnail(bytes, SIDE))?.uri ?? null;
  } catch (thrown) {
    if (thrown instanceof HandfulError) return null; // gone since it was measured: the page shows a gap
    throw thrown;
  }
};

/** Pictures of photos, each made once. */
const createShower = (dataset: DataSet): ((index: number) => Promise<ShownPhoto>) => {
  const known = new Map<number, ShownPhoto>();
  return async (index) => {
    const { name, label } = dataset.items[index]!;
    const shown = known.get(index) ?? { name, label, picture: await pictureOf(dataset, index) };
    known.set(index, shown);
    return shown;
  };
};

const itemsOf = (dataset: DataSet, measured: Measured, name: string): number[] =>
  dataset.items.flatMap(({ label }, i) => (measured[i] && (label ?? ALL_PHOTOS) === name ? [i] : []));

const bordersOf = (dataset: DataSet, measured: Measured): Promise<ShownPhoto[]> =>
  Promise.all(
    dataset.classes.slice(0, MOST_CLASSES).flatMap((label) => {
      const items = itemsOf(dataset, measured, label);
      if (items.length === 0) return [];
      return [
        meanBorder(measured, items).then((picture): ShownPhoto => ({ name: `${items.length} photos`, label, picture })),
      ];
    }),
  );

const pageOf = async (
  dataset: DataSet,
  measured: Measured,
  { findings, border }: Pick<InspectedCollection, "findings" | "border">,
): Promise<CollectionInput> => {
  const show = createShower(dataset);
  const some = (items: readonly number[]): Promise<ShownPhoto[]> =>
    Promise.all(items.slice(0, MOST_OF_CLASS).map(show));
  const counts = new Map<string, number>();
  const photos: CollectionInput["photos"][number][] = [];
  for (const fault of findings.photos) {
    const count = (counts.get(fault.title) ?? 0) + 1;
    counts.set(fault.title, count);
    if (count <= MOST_OF_KIND) photos.push({ ...fault, shown: await show(fault.index) });
  }
  const classes: CollectionInput["classes"][number][] = [];
  for (const fault of findings.classes)
    classes.push({ ...fault, shown: await some(itemsOf(dataset, measured, fault.name)) });
  const untagged: CollectionInput["untagged"][number][] = [];
  for (const { tag, items } of findings.untagged) untagged.push({ tag, count: items.length, shown: await some(items) });
  return {
    photos,
    classes,
    tags: findings.tags,
    untagged,
    border: border && { ...border, shown: await bordersOf(dataset, measured) },
    leftOut: findings.photos.length - photos.length,
  };
};

/** Checks every photo, every class and the whole of a collection against what it should be like. */
export const inspectCollection = async (options: InspectCollectionOptions): Promise<InspectedCollection> => {
  const { spec } = options;
  const dataset = await scanDataset(options.photos, { groupBy: options.groupBy });
  const { audit, measured } = await measurePhotos(dataset, options);
  const findings = checkCollection(dataset, spec, measured);
  const asked = spec.border ? await askBorder(dataset, { audit, measured }, options.seed) : null;
  const border = asked && { ...asked, isOver: (asked.border.interval?.low ?? 0) > spec.border!.most };
  return { dataset, audit, findings, border, page: await pageOf(dataset, measured, { findings, border }) };
};

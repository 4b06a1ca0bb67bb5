import { statSync } from "node:fs";
import { join } from "node:path";
import { dataError, HandfulError } from "../../base/errors.ts";
import type { DataSet, Item, Skipped, Warning } from "../dataset.ts";
import { escapeName } from "../names.ts";
import { MANIFESTS, scanDataset } from "../scan.ts";
import { isSafeName, type Entry } from "./entry.ts";
import { hashFiles, type HashedFile, type HashOptions } from "./hash-files.ts";
import type { Store } from "./store.ts";

/** What a folder holds now. */
export interface Stock {
  readonly entries: readonly Entry[];
  readonly hashed: ReadonlyMap<string, HashedFile>;
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly Warning[];
}

/** A file of the data set, before it is hashed. */
export type StockItem = Pick<Item, "name" | "path" | "label" | "split" | "group"> & Pick<Entry, "role">;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The files that say what the photos show. */
const labelFiles = ({ root, photos }: Store, { layout }: DataSet): StockItem[] => {
  if (layout !== "manifest") return [];
  const paths = photos === root ? MANIFESTS.map((name) => join(root, name)).filter(isFile) : [photos];
  return paths.map((path) => ({
    name: escapeName(Buffer.from(path.slice(root.length + 1))),
    path: Buffer.from(path),
    role: "labels",
    label: null,
    split: null,
    group: null,
  }));
};

/** The photos of a scan. */
export const photosOf = ({ items, dropped = [] }: DataSet): StockItem[] =>
  [...items, ...dropped].map((item) => ({ ...item, role: "photo" }));

/** All files of the data set, none of them opened; a folder without photos has none. */
export const listStock = async (
  store: Store,
): Promise<Pick<Stock, "skipped" | "warnings"> & { readonly items: readonly StockItem[] }> => {
  let dataset: DataSet;
  try {
    dataset = await scanDataset(store.photos);
  } catch (thrown) {
    if (thrown instanceof HandfulError && thrown.code === "E_NO_IMAGES")
      return { items: [], skipped: [], warnings: [] };
    throw thrown;
  }
  const items = [...photosOf(dataset), ...labelFiles(store, dataset)];
  const odd = items.find(({ name }) => !isSafeName(name));
  if (odd)
    throw dataError("E_NAME", `${odd.name}: wanted a photo outside of the folder of versions`, {
      hint: "Take that line out of the manifest.",
    });
  return { items, skipped: dataset.skipped, warnings: dataset.warnings };
};

/** The entries of files that were hashed. */
export const entriesOf = (items: readonly StockItem[], hashed: ReadonlyMap<string, HashedFile>): Entry[] =>
  items.flatMap(({ name, role, label, split, group }) => {
    const file = hashed.get(name);
    return file ? [{ name, hash: file.hash, sizeBytes: file.sizeBytes, role, label, split, group }] : [];
  });

/** What the folder holds now, with the hash of every file; only those that changed are read. */
export const takeStock = async (store: Store, options: HashOptions = {}): Promise<Stock> => {
  const { items, skipped, warnings } = await listStock(store);
  const hashed = await hashFiles(store, items, options);
  return { entries: entriesOf(items, hashed), hashed, skipped, warnings };
};

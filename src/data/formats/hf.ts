import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DataFormat, Listing } from "../data-format.ts";
import { escapeName } from "../names.ts";
import { splitOf } from "../split-names.ts";
import { manifestRowsOf } from "../write-manifest.ts";
import { readScanned } from "../read-scanned.ts";
import { uniqueNames } from "./_unique-names.ts";

const LISTS = ["metadata.csv", "metadata.tsv", "metadata.jsonl"];

const hasList = async (folder: string): Promise<boolean> => {
  for (const name of LISTS) if ((await stat(join(folder, name)).catch(() => null))?.isFile()) return true;
  return false;
};

/** Folders of splits that each hold a list of their own; none where the folder itself holds one. */
const listedSplits = async (folder: string): Promise<string[]> => {
  if (!(await stat(folder)).isDirectory() || (await hasList(folder))) return [];
  const found: string[] = [];
  for (const name of (await readdir(folder)).sort())
    if (splitOf(name) && (await hasList(join(folder, name)))) found.push(name);
  return found;
};

/** Whether a folder holds a list as Hugging Face names it, or its splits do. */
export const isHuggingFace = async (folder: string): Promise<boolean> =>
  (await hasList(folder)) || (await listedSplits(folder)).length > 0;

const read = async (path: string): Promise<Listing> => {
  const splits = await listedSplits(path);
  if (splits.length === 0) return readScanned(path);
  const items: Listing["items"][number][] = [];
  const notes: string[] = [];
  for (const folder of splits) {
    const listing = await readScanned(join(path, folder));
    const prefix = `${escapeName(Buffer.from(folder))}/`;
    for (const item of listing.items) items.push({ ...item, name: prefix + item.name, split: splitOf(folder) });
    notes.push(...listing.notes);
  }
  return { items, notes };
};

export const format: DataFormat = {
  name: "hf",
  summary: "Hugging Face ImageFolder: metadata.csv beside the photos, splits as folders",
  loses: [],
  place: (items) =>
    uniqueNames(
      items.map(({ name, split }) => (split === null || name.startsWith(`${split}/`) ? name : `${split}/${name}`)),
    ),
  lists: (items) => [{ name: "metadata.csv", text: `${[...manifestRowsOf(items)].join("\n")}\n` }],
  read,
};

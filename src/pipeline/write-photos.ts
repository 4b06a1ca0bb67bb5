import { constants } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dataError, HandfulError, internalError, messageOf, optionError } from "../base/errors.ts";
import type { DataFormat, PlacedItem } from "../data/data-format.ts";
import type { Item } from "../data/dataset.ts";
import { readHeader, readItem } from "../data/image.ts";
import { unescapeName } from "../data/names.ts";
import { joinPath } from "../data/walk.ts";

export interface WritePhotosOptions {
  readonly format: DataFormat;
  readonly items: readonly Item[];
  /** Folder that is to hold photos and lists; absolute, absent or empty. */
  readonly out: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Refuses an output that is there already.
 *
 * @throws E_OPTION
 */
export const checkOut = async (out: string): Promise<void> => {
  const info = await stat(out).catch(() => null);
  if (info && !(info.isDirectory() && (await readdir(out)).length === 0))
    throw optionError(`${out} is there already`, { hint: "Choose another name: nothing is written over." });
};

/**
 * A new folder beside `out` that becomes `out` when `work` is done, and is gone when it fails.
 *
 * @returns what `work` returns
 */
export const staged = async <T>(out: string, work: (folder: string) => Promise<T>): Promise<T> => {
  await mkdir(dirname(out), { recursive: true });
  const folder = await mkdtemp(join(dirname(out), ".handful-"));
  try {
    const result = await work(folder);
    await rename(folder, out);
    return result;
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
};

/** A name as a path below `folder`, byte for byte; nothing leads out of it. */
const targetOf = (folder: Buffer, name: string): Buffer => {
  const bytes = unescapeName(name) ?? Buffer.from(name);
  const parts = bytes.toString("latin1").split("/");
  if (bytes.includes(0) || parts.some((part) => part === "" || part === "." || part === ".."))
    throw dataError("E_EXPORT_NAME", `no file can be called ${JSON.stringify(name.slice(0, 200))}`, {
      hint: "Rename the class or the file, or export to csv, jsonl or coco, which keep labels apart from names.",
    });
  return joinPath(folder, bytes);
};

const copyOne = async (item: Item, target: Buffer): Promise<void> => {
  try {
    await copyFile(item.path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    if (code === "ENAMETOOLONG")
      throw dataError("E_EXPORT_NAME", `${item.name}: its new name would be too long`, {
        hint: "Shorten the class or file name, or export to csv, jsonl or coco.",
      });
    if (code !== "ENOENT") throw thrown;
    throw dataError("E_FILE_MISSING", `${item.name}: ${messageOf(thrown)}`, { hint: "Was it moved or deleted?" });
  }
};

/** Size of a photo as seen; null where it cannot be read, which is not for us to say. */
const sizeOf = async (item: Item): Promise<PlacedItem["size"]> => {
  try {
    const { width, height } = await readHeader((await readItem(item)).bytes);
    return { width, height };
  } catch (thrown) {
    if (thrown instanceof HandfulError && thrown.kind === "data") return null;
    throw thrown;
  }
};

/** What a list must give back of a photo, as text that can be compared. */
const meaningOf = ({ name, label, split, group, columns }: Item, { loses }: DataFormat): string =>
  JSON.stringify([
    name,
    label,
    split,
    loses.includes("group") ? null : group,
    loses.includes("columns") ? [] : [...(columns ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);

/** Reads back what was written: an export that loses something fails instead of being trusted. */
const verify = async (format: DataFormat, written: readonly Item[], path: string): Promise<void> => {
  const read = new Map((await format.read(path)).items.map((item) => [item.name, meaningOf(item, format)]));
  const lost = written.find((item) => read.get(item.name) !== meaningOf(item, format));
  if (lost === undefined && read.size === written.length) return;
  if (lost === undefined || format.lists([]).length > 0)
    throw internalError(`${format.name}: ${lost?.name ?? "a photo"} is not read back as it was written`);
  throw dataError(
    "E_EXPORT_LABEL",
    `${lost.name}: ${lost.label === null ? "a photo without a label" : `label ${JSON.stringify(lost.label.slice(0, 200))}`} cannot be told from folders alone`,
    { hint: "Export to hf, csv, jsonl or coco, which keep labels in a list." },
  );
};

/**
 * Copies photos and writes the lists of a format beside them: all of it, read back and compared, or nothing.
 *
 * @throws E_EXPORT_NAME, E_EXPORT_LABEL for labels that cannot be folders; E_FILE_MISSING; E_OPTION where `out` is there
 */
export const writePhotos = async (options: WritePhotosOptions): Promise<void> => {
  const { format, items, out, onProgress, signal } = options;
  await checkOut(out);
  const names = format.place?.(items) ?? items.map(({ name }) => name);
  await staged(out, async (folder) => {
    const root = Buffer.from(folder);
    const placed: PlacedItem[] = [];
    for (const [i, item] of items.entries()) {
      signal?.throwIfAborted();
      const target = targetOf(root, names[i]!);
      await mkdir(target.subarray(0, target.lastIndexOf("/")), { recursive: true });
      await copyOne(item, target);
      placed.push({ ...item, name: names[i]!, size: format.needsSize ? await sizeOf(item) : null });
      onProgress?.(i + 1, items.length);
    }
    const lists = format.lists(placed);
    for (const { name, text } of lists) await writeFile(join(folder, name), text, { flag: "wx" });
    await verify(format, placed, lists[0] ? join(folder, lists[0].name) : folder);
  });
};

import { isUtf8 } from "node:buffer";
import { writeFile, mkdir, rename, rm, mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dataError } from "../base/errors.ts";
import { dataFormats } from "../data/find-format.ts";
import type { Item } from "../data/dataset.ts";
import { readScanned } from "../data/read-scanned.ts";
import { unescapeName } from "../data/names.ts";
import { manifestRowsOf } from "../data/write-manifest.ts";
import { writeZip, type ZipPart } from "../data/write-zip.ts";
import { checkOut, writePhotos } from "./write-photos.ts";

export interface ExportPhotosOptions {
  /** Folder or manifest; absolute. */
  readonly photos: string;
  /** Name of a format, or `zip`. */
  readonly to: string;
  /** Folder to write, or archive; absolute, not there yet. */
  readonly out: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportedPhotos {
  readonly photos: number;
  readonly notes: readonly string[];
}

/** A photo's path in an archive, in letters that every system takes. */
const zipName = ({ name }: Item): string => {
  const bytes = unescapeName(name) ?? Buffer.from(name);
  const text = bytes.toString("utf8");
  if (!isUtf8(bytes) || text.includes("\\"))
    throw dataError("E_EXPORT_NAME", `${name}: a zip archive cannot hold this name`, {
      hint: "Rename the file first.",
    });
  return text;
};

/** Photos under their own names and `metadata.csv` in one archive: all of it, or nothing. */
const zipPhotos = async (items: readonly Item[], out: string): Promise<void> => {
  await checkOut(out);
  const parts: ZipPart[] = items.map((item) => ({ name: zipName(item), path: item.path.toString() }));
  await mkdir(dirname(out), { recursive: true });
  const folder = await mkdtemp(join(dirname(out), ".handful-"));
  try {
    const list = join(folder, "metadata.csv");
    await writeFile(list, `${[...manifestRowsOf(items)].join("\n")}\n`);
    await writeZip(join(folder, "photos.zip"), [{ name: "metadata.csv", path: list }, ...parts]);
    await rename(join(folder, "photos.zip"), out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** What a format cannot carry of these photos. */
const lossNotes = (items: readonly Item[], loses: readonly ("group" | "columns")[]): string[] =>
  loses.flatMap((what) => {
    const count = items.filter((item) => (what === "group" ? item.group !== null : item.columns !== undefined)).length;
    return count > 0
      ? [`${count} photos lose their ${what}, which class folders cannot say; hf, csv and jsonl can`]
      : [];
  });

/**
 * Photos with their labels in the form of another tool.
 *
 * @throws E_EXPORT_NAME, E_EXPORT_LABEL; E_NO_IMAGES; E_OPTION where `out` is there
 */
export const exportPhotos = async (options: ExportPhotosOptions): Promise<ExportedPhotos> => {
  const { photos, to, out, onProgress, signal } = options;
  await checkOut(out);
  const { items, notes } = await readScanned(photos);
  const format = dataFormats.find(({ name }) => name === to);
  if (!format) await zipPhotos(items, out);
  else await writePhotos({ format, items, out, ...(onProgress && { onProgress }), ...(signal && { signal }) });
  return { photos: items.length, notes: [...notes, ...lossNotes(items, format?.loses ?? [])] };
};

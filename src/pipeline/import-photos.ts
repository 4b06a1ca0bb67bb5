import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dataError } from "../base/errors.ts";
import type { DataFormat, Listing } from "../data/data-format.ts";
import { dataFormats, findFormat } from "../data/find-format.ts";
import { format as csv } from "../data/formats/csv.ts";
import { isJunkName } from "../data/names.ts";
import { unzip } from "../data/unzip.ts";
import { checkOut, writePhotos } from "./write-photos.ts";

export interface ImportPhotosOptions {
  /** Absolute: a folder, a list or a zip archive. */
  readonly source: string;
  /** Name of a format, or `zip`; found by what the source looks like when absent. */
  readonly from?: string;
  /** Folder that names in a list are relative to; that of the list when absent. */
  readonly images?: string;
  /** Folder to write; absolute, absent or empty. */
  readonly out: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ImportedPhotos {
  /** The format that was found, or asked for; inside an archive, after "zip, ". */
  readonly from: string;
  readonly photos: number;
  readonly labelled: number;
  readonly classes: number;
  readonly notes: readonly string[];
}

/**
 * The source of an import, by its absolute path.
 *
 * @throws E_PATH where nothing is there, or neither file nor folder
 */
export const checkImportPath = async (path: string): Promise<string> => {
  const info = await stat(path).catch(() => null);
  if (info?.isDirectory() || info?.isFile()) return path;
  throw dataError(
    "E_PATH",
    `${path}: wanted a folder, a list or an archive, found ${info ? "a pipe or device" : "nothing there"}`,
    {
      hint: "Check the path.",
    },
  );
};

/** Photos under their own names and `metadata.csv`: found by every command, and nothing is lost. */
const ours: DataFormat = {
  ...csv,
  lists: (items) => csv.lists(items).map(({ text }) => ({ name: "metadata.csv", text })),
};

/** The one folder that all of an archive lies in, or the archive's top. */
const topOf = async (folder: string): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => !isJunkName(name));
  const only = names.length === 1 ? join(folder, names[0]!) : null;
  if (only === null || !(await stat(only)).isDirectory()) return folder;
  // one class alone is no wrapper: its folder is the label
  return (await readdir(only, { withFileTypes: true })).some(
    (entry) => entry.isDirectory() || /^metadata\./.test(entry.name),
  )
    ? topOf(only)
    : folder;
};

const readFrom = async (source: string, { from, images }: ImportPhotosOptions): Promise<Listing & { from: string }> => {
  const asked = dataFormats.find(({ name }) => name === from);
  const found = await findFormat(source).catch((thrown: unknown) => {
    if (asked) return { format: asked, path: source };
    throw thrown;
  });
  const { format, path } = asked && asked !== found.format ? { format: asked, path: source } : found;
  if (format.needsFile && (await stat(path)).isDirectory())
    throw dataError("E_IMPORT", `${path}: wanted a JSON file of ${format.name}, got a folder without one`, {
      hint: `handful import list.json --from ${format.name} --images ${path} -o ./photos`,
    });
  return { ...(await format.read(path, images)), from: format.name };
};

/**
 * Photos of another tool as a folder of Handful: copies under their own names, and `metadata.csv` with label, split and
 * group. All of it, or nothing.
 *
 * @throws E_IMPORT, E_ZIP, E_MANIFEST; E_NO_IMAGES; E_OPTION where `out` is there
 */
export const importPhotos = async (options: ImportPhotosOptions): Promise<ImportedPhotos> => {
  const { source, out, signal, onProgress } = options;
  await checkOut(out);
  const isZip = options.from === "zip" || (options.from === undefined && /\.zip$/i.test(source));
  const unpacked = isZip ? await mkdtemp(join(dirname(out), ".handful-zip-")) : null;
  try {
    const notes: string[] = [];
    if (unpacked !== null) {
      const { files, ignored } = await unzip(source, unpacked, signal ? { signal } : {});
      if (files === 0) throw dataError("E_NO_IMAGES", `${source}: wanted photos, got an archive without any`);
      if (ignored > 0) notes.push(`other files left in the archive: ${ignored}`);
    }
    const { items, from, ...read } = await readFrom(unpacked === null ? source : await topOf(unpacked), options);
    await writePhotos({
      format: ours,
      items,
      out,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
    return {
      from: isZip ? `zip, ${from}` : from,
      photos: items.length,
      labelled: items.filter(({ label }) => label !== null).length,
      classes: new Set(items.flatMap(({ label }) => label ?? [])).size,
      notes: [...notes, ...read.notes],
    };
  } finally {
    if (unpacked !== null) await rm(unpacked, { recursive: true, force: true });
  }
};

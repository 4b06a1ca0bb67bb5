import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { dataError } from "../base/errors.ts";
import type { DataFormat } from "./data-format.ts";
import { format as coco, isCoco } from "./formats/coco.ts";
import { format as csv } from "./formats/csv.ts";
import { format as hf, isHuggingFace } from "./formats/hf.ts";
import { format as imageFolder } from "./formats/image-folder.ts";
import { format as jsonl } from "./formats/jsonl.ts";
import { format as labelStudio, isLabelStudio } from "./formats/label-studio.ts";
import { extensionOf, isJunkName } from "./names.ts";

/** Every format that photos come in and go out by. */
export const dataFormats: readonly DataFormat[] = [imageFolder, csv, jsonl, hf, coco, labelStudio];

/** Bytes of a JSON file by which its kind is told. */
const HEAD_BYTES = 256e6;

const jsonFormat = async (path: string): Promise<DataFormat | null> => {
  if ((await stat(path)).size > HEAD_BYTES) return null;
  try {
    const value: unknown = JSON.parse((await readFile(path, "utf8")).replace(/^\ufeff/, ""));
    return isCoco(value) ? coco : isLabelStudio(value) ? labelStudio : null;
  } catch {
    return null; // no JSON: of no known kind
  }
};

/** A source of photos and the format that it is in. */
export interface FoundFormat {
  readonly format: DataFormat;
  /** What to read: the list where a folder holds one that is not found by its name alone. */
  readonly path: string;
}

const inFolder = async (folder: string): Promise<FoundFormat> => {
  if (await isHuggingFace(folder)) return { format: hf, path: folder };
  const lists = (await readdir(folder)).filter((name) => extensionOf(name) === "json" && !isJunkName(name)).sort();
  const found: FoundFormat[] = [];
  for (const name of lists) {
    const format = await jsonFormat(join(folder, name));
    if (format) found.push({ format, path: join(folder, name) });
  }
  if (found.length > 1)
    throw dataError(
      "E_IMPORT",
      `${folder}: wanted one list of photos, got ${found.map(({ path }) => path.slice(folder.length + 1)).join(", ")}`,
      {
        hint: `Name the one to take: handful import ${found[0]!.path} --images ${folder} ...`,
      },
    );
  return found[0] ?? { format: imageFolder, path: folder };
};

/**
 * The format of a source, by what it looks like.
 *
 * @param path  absolute; a file or folder, no archive
 * @throws E_IMPORT where it is of no known kind
 */
export const findFormat = async (path: string): Promise<FoundFormat> => {
  if ((await stat(path)).isDirectory()) return inFolder(path);
  const extension = extensionOf(path);
  if (extension === "csv" || extension === "tsv") return { format: csv, path };
  if (extension === "jsonl" || extension === "ndjson") return { format: jsonl, path };
  const format = extension === "json" ? await jsonFormat(path) : null;
  if (format) return { format, path };
  throw dataError("E_IMPORT", `${path}: wanted photos or a list of them, got a file of no known kind`, {
    hint: `Known are: zip, ${dataFormats.map(({ name, summary }) => `${name} (${summary})`).join(", ")}.`,
  });
};

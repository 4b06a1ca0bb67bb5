import { lstatSync, realpathSync, type Stats } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, posix } from "node:path";
import { dataError, type HandfulError } from "../base/errors.ts";
import { assemble } from "./assemble.ts";
import type { DataSet, Item, Split } from "./dataset.ts";
import { FILE_COLUMNS, manifestRows, type Row } from "./manifest-rows.ts";
import { escapeName, extensionOf, unescapeName } from "./names.ts";
import { splitOf } from "./split-names.ts";
import { SYNTHETIC_MARKER } from "./synthetic-marker.ts";
import { createEncounters, joinPath } from "./walk.ts";

/** Whether a file's name says that it is a list of images. */
export const isManifestName = (name: string): boolean => /^(csv|tsv|jsonl|ndjson)$/.test(extensionOf(name));

/** Names under which columns go, the first being ours. */
const COLUMNS = {
  file: FILE_COLUMNS,
  label: ["label", "class", "target", "category"],
  split: ["split", "set", "subset"],
  group: ["group", "group_id"],
} as const;

const cellOf = (row: Row, column: keyof typeof COLUMNS): string | undefined => {
  for (const name of COLUMNS[column]) if (row.cells.has(name)) return row.cells.get(name);
  return undefined;
};

/** A cell that says something, as written. */
const textOf = (row: Row, column: keyof typeof COLUMNS): string | null => {
  const cell = cellOf(row, column);
  return cell === undefined || cell.trim() === "" ? null : cell;
};

const OURS: ReadonlySet<string> = new Set(Object.values(COLUMNS).flat());

/** What a row says beside file, label, split and group. */
const furtherColumns = ({ cells }: Row): Map<string, string> =>
  new Map([...cells].filter(([name, cell]) => name !== "" && !OURS.has(name) && cell !== ""));

/** Rows shown in the error; their number is always given. */
const SHOWN = 10;
const PROGRESS_EVERY = 1000;

const hint =
  "Columns: file_name,label and, if you like, split (train, validation, test) and group; paths relative to the manifest.";

/** What a path in a manifest may mean: our escapes, the letters themselves, Windows' separators, without odd spaces. */
const candidates = (written: string): Buffer[] => {
  const readings = [
    unescapeName(written),
    Buffer.from(written),
    Buffer.from(written.replaceAll("\\", "/")),
    Buffer.from(written.trim()),
  ];
  return readings.filter((bytes) => bytes !== null);
};

/** A path made relative to the root and plain (no "./", "a//b"), or null where it leads out of the root. */
const relativeTo = (roots: readonly Buffer[], bytes: Buffer): Buffer | null => {
  // Latin-1 carries every byte through string functions unharmed.
  let path = posix.normalize(bytes.toString("latin1"));
  if (posix.isAbsolute(path)) {
    const root = roots.map((r) => `${r.toString("latin1")}/`).find((r) => path.startsWith(r));
    if (root === undefined) return null;
    path = path.slice(root.length);
  }
  return path === ".." || path.startsWith("../") ? null : Buffer.from(path, "latin1");
};

/** Finds files of one manifest; remembers which folders lie inside the root, links followed, and which hold made pictures. */
interface Finder {
  readonly root: Buffer;
  readonly roots: readonly Buffer[];
  readonly insideFolders: Map<string, boolean>;
  readonly syntheticFolders: Map<string, boolean>;
}

const isInside = (root: Buffer, path: Buffer): boolean =>
  path.equals(root) || path.subarray(0, root.length + 1).equals(Buffer.concat([root, Buffer.from("/")]));

const realInside = ({ root }: Finder, path: Buffer): boolean => {
  try {
    return isInside(root, realpathSync.native(path, { encoding: "buffer" }));
  } catch {
    return false; // A broken or circular link leads nowhere inside.
  }
};

const folderInside = (finder: Finder, relative: Buffer): boolean => {
  const folder = relative.subarray(0, Math.max(0, relative.lastIndexOf("/")));
  const key = folder.toString("latin1");
  const known = finder.insideFolders.get(key);
  if (known !== undefined) return known;
  const inside = realInside(finder, joinPath(finder.root, folder));
  finder.insideFolders.set(key, inside);
  return inside;
};

const statOf = (path: Buffer): Stats | null => {
  if (path.includes(0)) return null;
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
};

const MARKER = Buffer.from(SYNTHETIC_MARKER);

/** Whether a file lies in a folder of made pictures below the root. */
const folderSynthetic = (finder: Finder, relative: Buffer): boolean => {
  const folder = relative.subarray(0, Math.max(0, relative.lastIndexOf("/")));
  if (folder.length === 0) return false;
  const key = folder.toString("latin1");
  const known = finder.syntheticFolders.get(key);
  if (known !== undefined) return known;
  const own = statOf(joinPath(joinPath(finder.root, folder), MARKER)) !== null || folderSynthetic(finder, folder);
  finder.syntheticFolders.set(key, own);
  return own;
};

const find = (finder: Finder, written: string): { relative: Buffer } | { fault: string } => {
  const shown = escapeName(Buffer.from(written)).slice(0, 200);
  let outside = false;
  for (const bytes of candidates(written)) {
    const relative = relativeTo(finder.roots, bytes);
    if (relative === null) {
      outside = true;
      continue;
    }
    const path = joinPath(finder.root, relative);
    const info = statOf(path);
    if (!info) continue;
    if (!folderInside(finder, relative) || (info.isSymbolicLink() && !realInside(finder, path)))
      return { fault: `"${shown}" is a link out of the manifest's folder` };
    if (!info.isFile() && !info.isSymbolicLink())
      return { fault: `"${shown}" is a folder, pipe or device, not a file` };
    if (folderSynthetic(finder, relative))
      return { fault: `"${shown}" is a made picture, no photo (its folder may go in with --synthetic)` };
    return { relative };
  }
  if (outside) return { fault: `"${shown}" leads out of the manifest's folder` };
  return { fault: `no file "${shown}"${written.includes("\ufffd") ? " (save the manifest as UTF-8)" : ""}` };
};

const itemOf = (finder: Finder, row: Row): Item | { fault: string } => {
  if (row.fault !== undefined) return { fault: row.fault };
  const written = cellOf(row, "file");
  if (written === undefined || written.trim() === "") return { fault: "no file_name" };
  const splitText = textOf(row, "split");
  const split: Split | null = splitText === null ? null : splitOf(splitText);
  if (splitText !== null && split === null) return { fault: `split "${splitText}" is none of train, validation, test` };
  const found = find(finder, written);
  if ("fault" in found) return found;
  const path = joinPath(finder.root, found.relative);
  const columns = furtherColumns(row);
  return {
    path,
    name: escapeName(found.relative),
    label: textOf(row, "label"),
    split,
    group: textOf(row, "group"),
    ...(columns.size > 0 && { columns }),
  };
};

const checkHeader = (file: string, { cells }: Row): void => {
  for (const column of ["file", "label"] as const) {
    if (COLUMNS[column].some((name) => cells.has(name))) continue;
    const got = [...cells.keys()].map((name) => `"${name}"`).join(", ");
    throw dataError("E_MANIFEST", `${file}, line 1: wanted a column ${COLUMNS[column][0]}, got ${got}`, { hint });
  }
};

const faultsError = (file: string, faults: readonly string[], count: number): HandfulError =>
  dataError(
    "E_MANIFEST",
    `${file}: ${count} ${count === 1 ? "row" : "rows"} cannot be used:\n  ${faults.join("\n  ")}${count > faults.length ? `\n  ... and ${count - faults.length} more` : ""}`,
    { hint },
  );

/** Items gathered row by row, and what is wrong with the others. */
const createGatherer = (finder: Finder): { add(row: Row): void; items: Item[]; faults: string[]; failed(): number } => {
  const lineOf = new Map<string, number>();
  const items: Item[] = [];
  const faults: string[] = [];
  let count = 0;
  const add = (row: Row): void => {
    const item = itemOf(finder, row);
    const earlier = "fault" in item ? undefined : lineOf.get(item.name);
    if ("fault" in item || earlier !== undefined) {
      const fault = "fault" in item ? item.fault : `"${item.name}" is on line ${earlier} already`;
      if (++count <= SHOWN) faults.push(`line ${row.line}: ${fault}`);
      return;
    }
    lineOf.set(item.name, row.line);
    items.push(item);
  };
  return { add, items, faults, failed: () => count };
};

/**
 * The images that a manifest lists; files beside it that it does not list are none of its business.
 *
 * @param file  absolute path; paths in it are relative to its folder and must stay there
 * @throws E_MANIFEST with the numbers of the first 10 lines that cannot be used
 */
export const readManifest = async (
  file: string,
  onProgress: (found: number) => void = () => undefined,
): Promise<DataSet> => {
  const root = await realpath(dirname(file), { encoding: "buffer" });
  const finder: Finder = {
    root,
    roots: [root, Buffer.from(dirname(file))],
    insideFolders: new Map(),
    syntheticFolders: new Map(),
  };
  const { add, items, faults, failed } = createGatherer(finder);
  for await (const row of manifestRows(file)) {
    if (row.isHeader) checkHeader(file, row);
    else add(row);
    if (items.length % PROGRESS_EVERY === 0) onProgress(items.length);
  }
  if (failed() > 0) throw faultsError(file, faults, failed());
  if (items.length === 0) throw dataError("E_NO_IMAGES", `${file}: wanted rows that name images, got none`, { hint });
  onProgress(items.length);
  const [met, warnings, emptyClasses] = [createEncounters(), [], []];
  return assemble({ root: dirname(file), layout: "manifest", items, emptyClasses, met, warnings });
};

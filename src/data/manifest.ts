import { dirname } from "node:path";
import { dataError, type HandfulError } from "../base/errors.ts";
import { assemble } from "./assemble.ts";
import type { DataSet, Item, Split } from "./dataset.ts";
import { createFileFinder, type FileFinder } from "./file-finder.ts";
import { FILE_COLUMNS, manifestRows, type Row } from "./manifest-rows.ts";
import { extensionOf } from "./names.ts";
import { splitOf } from "./split-names.ts";
import { createEncounters } from "./walk.ts";

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

const itemOf = (find: FileFinder, row: Row): Item | { fault: string } => {
  if (row.fault !== undefined) return { fault: row.fault };
  const written = cellOf(row, "file");
  if (written === undefined || written.trim() === "") return { fault: "no file_name" };
  const splitText = textOf(row, "split");
  const split: Split | null = splitText === null ? null : splitOf(splitText);
  if (splitText !== null && split === null) return { fault: `split "${splitText}" is none of train, validation, test` };
  const found = find(written);
  if ("fault" in found) return found;
  const columns = furtherColumns(row);
  return {
    ...found,
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
const createGatherer = (
  find: FileFinder,
): { add(row: Row): void; items: Item[]; faults: string[]; failed(): number } => {
  const lineOf = new Map<string, number>();
  const items: Item[] = [];
  const faults: string[] = [];
  let count = 0;
  const add = (row: Row): void => {
    const item = itemOf(find, row);
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
  const find = await createFileFinder(dirname(file));
  const { add, items, faults, failed } = createGatherer(find);
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

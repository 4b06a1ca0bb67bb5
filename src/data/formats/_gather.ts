import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { dataError, messageOf } from "../../base/errors.ts";
import type { Listing } from "../data-format.ts";
import type { Item } from "../dataset.ts";
import { createFileFinder, type FileFinder } from "../file-finder.ts";

/** Largest JSON that is read: it is held in memory several times over. */
const MAX_JSON_BYTES = 256e6;
/** Faults named in an error. */
const SHOWN = 10;

/**
 * A JSON file of a known shape.
 *
 * @throws E_IMPORT
 */
export const readJson = async <T>(path: string, shape: z.ZodType<T>, what: string): Promise<T> => {
  const { size } = await stat(path);
  if (size > MAX_JSON_BYTES)
    throw dataError(
      "E_IMPORT",
      `${path}: wanted at most ${MAX_JSON_BYTES / 1e6} MB of JSON, got ${Math.round(size / 1e6)} MB`,
    );
  let value: unknown;
  try {
    value = JSON.parse((await readFile(path, "utf8")).replace(/^\ufeff/, ""));
  } catch (thrown) {
    throw dataError("E_IMPORT", `${path}: wanted JSON, got something else (${messageOf(thrown)})`);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path: at, message } = parsed.error.issues[0]!;
  throw dataError("E_IMPORT", `${path}: wanted ${what}, got another shape at ${at.join(".") || "its top"}: ${message}`);
};

/** Gathers photos of a list one by one, and what is wrong with others. */
export interface Gatherer {
  /** Files that the list may mean: the first reading that is there counts. */
  find(readings: readonly string[]): ReturnType<FileFinder>;
  add(item: Item): void;
  /** @param where  "image 3", "task 12" */
  fault(where: string, what: string): void;
  /** @throws E_IMPORT where anything was wrong */
  end(notes: readonly string[]): Listing;
}

/**
 * @param path  of the list
 * @param images  folder that its names are relative to; that of the list, or `images` in it, when absent
 */
export const createGatherer = async (path: string, images: string | undefined, hint: string): Promise<Gatherer> => {
  const find = await createFileFinder(images ?? dirname(path));
  const inner = images === undefined ? ["", "images/"] : [""];
  const seen = new Set<string>();
  const items: Item[] = [];
  const faults: string[] = [];
  let count = 0;
  const fault = (where: string, what: string): void => {
    if (++count <= SHOWN) faults.push(`${where}: ${what}`);
  };
  return {
    find: (readings) => {
      const tried = readings.flatMap((reading) => inner.map((folder) => find(folder + reading)));
      return tried.find((one) => !("fault" in one)) ?? tried[0] ?? { fault: "no file is named" };
    },
    add: (item) => {
      if (seen.has(item.name)) fault(item.name, "is listed twice");
      seen.add(item.name);
      items.push(item);
    },
    fault,
    end: (notes) => {
      if (count > 0) {
        const more = count > faults.length ? `\n  ... and ${count - faults.length} more` : "";
        throw dataError("E_IMPORT", `${path}: ${count} cannot be taken:\n  ${faults.join("\n  ")}${more}`, { hint });
      }
      if (items.length === 0) throw dataError("E_NO_IMAGES", `${path}: wanted photos, got an empty list`, { hint });
      return { items, notes };
    },
  };
};

/** Columns as plain data and back. */
export const columnsOf = (values: Readonly<Record<string, unknown>>): Pick<Item, "columns"> => {
  const columns = new Map<string, string>();
  for (const [name, value] of Object.entries(values))
    if (["string", "number", "boolean"].includes(typeof value) && value !== "")
      columns.set(name.trim().toLowerCase(), String(value));
  return columns.size > 0 ? { columns } : {};
};

import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { artifactError, HandfulError, optionError } from "../../base/errors.ts";
import { openCatalogue, type Catalogue } from "./catalogue.ts";
import { STORE_FOLDER } from "./entry.ts";
import { storeFailure } from "./store-failure.ts";
import { syncFolder, writeDurably } from "./write-durably.ts";

/** Version of the layout of a store; raised when an older program could not understand it. */
export const STORE_FORMAT = 1;

/** The versions of one folder of photos. */
export interface Store {
  /** The folder of photos, absolute. */
  readonly root: string;
  /** The store's own, inside of it. */
  readonly folder: string;
  readonly catalogue: Catalogue;
  /** What `scanDataset` is given: the folder, or the manifest with the labels that was named at first. */
  readonly photos: string;
  close(): void;
}

const storeFile = (root: string): string => join(root, STORE_FOLDER, "store.json");

/** The folder at or above `path` that holds versions, or null. */
export const findStore = (path: string): string | null => {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(storeFile(folder))) return folder;
    if (folder === dirname(folder)) return null;
  }
};

interface StoreFile {
  readonly format: number;
  readonly createdBy: string;
  /** Manifest with the labels, relative to the folder; null: the folder speaks for itself. */
  readonly labels: string | null;
}

const readStoreFile = (root: string): StoreFile => {
  const path = storeFile(root);
  const damaged = (cause?: unknown): HandfulError =>
    artifactError("E_STORE_DAMAGED", `${path}: wanted format, createdBy and labels as JSON, got something else`, {
      hint: `It is one line: {"format":${STORE_FORMAT},"createdBy":"handful","labels":null}`,
      cause,
    });
  let value: Partial<StoreFile> | null;
  try {
    value = JSON.parse(readFileSync(path, "utf8")) as Partial<StoreFile> | null;
  } catch (thrown) {
    throw damaged(thrown);
  }
  const { format, createdBy = "handful", labels = null } = value ?? {};
  if (!Number.isInteger(format) || typeof createdBy !== "string" || (labels !== null && typeof labels !== "string"))
    throw damaged();
  if (format! > STORE_FORMAT)
    throw new HandfulError(
      "damaged",
      "E_STORE_NEWER",
      `${dirname(path)}: created by ${createdBy}, needs a Handful that reads stores of format ${format} or later; this one reads format ${STORE_FORMAT}`,
      { hint: "Use the newer version of Handful. Nothing was changed." },
    );
  return { format: format!, createdBy, labels };
};

const isWritable = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Opens the store of a folder.
 *
 * @param mode  "write" fails at once where that is not allowed; "read" writes nothing
 * @throws E_NO_STORE, E_STORE_NEWER, E_STORE_DAMAGED, E_READ_ONLY, E_CATALOGUE_DAMAGED
 */
export const openStore = (root: string, mode: "read" | "write"): Store => {
  const folder = join(root, STORE_FOLDER);
  if (!existsSync(storeFile(root)))
    throw optionError(`${root}: no versions are kept of this folder`, {
      hint: `Begin with: handful data init ${root}`,
    });
  const { labels } = readStoreFile(root);
  if (mode === "write" && !isWritable(folder))
    throw storeFailure(Object.assign(new Error("not writable"), { code: "EACCES" }), folder);
  const catalogue = openCatalogue(folder, { readOnly: mode === "read" });
  return {
    root,
    folder,
    catalogue,
    photos: labels === null ? root : join(root, labels),
    close: () => catalogue.close(),
  };
};

/**
 * Begins to keep versions of a folder. The file that makes it a store comes last: cut short, it is none yet.
 *
 * @param options.labels  manifest with the labels, absolute, inside the folder
 * @param options.createdBy  name and version of the program
 * @returns false where versions were kept already: nothing is changed then
 */
export const initStore = (
  root: string,
  { labels, createdBy }: { readonly labels: string | null; readonly createdBy: string },
): boolean => {
  if (existsSync(storeFile(root))) {
    readStoreFile(root);
    return false;
  }
  const folder = join(root, STORE_FOLDER);
  try {
    mkdirSync(join(folder, "packs"), { recursive: true });
    mkdirSync(join(folder, "tmp"), { recursive: true });
    openCatalogue(folder, { readOnly: false }).close();
    const file: StoreFile = { format: STORE_FORMAT, createdBy, labels: labels && relative(root, labels) };
    writeDurably(storeFile(root), `${JSON.stringify(file)}\n`, join(folder, "tmp"));
    syncFolder(root);
    return true;
  } catch (thrown) {
    throw storeFailure(thrown, folder, 100_000);
  }
};

/** Path of a pack's file. */
export const packPath = ({ folder }: Pick<Store, "folder">, name: string): string =>
  join(folder, "packs", `${name}.pack`);

import { realpath, readdir, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { dataError, type HandfulError } from "../base/errors.ts";
import { nearestName } from "../base/nearest-name.ts";
import { assemble } from "./assemble.ts";
import type { DataSet, Item, Split, Warning } from "./dataset.ts";
import { groupByName } from "./group-by-name.ts";
import { isManifestName, readManifest } from "./manifest.ts";
import { compareNames, escapeName, isImageName } from "./names.ts";
import { splitOf } from "./split-names.ts";
import { SYNTHETIC_MARKER } from "./synthetic-marker.ts";
import { createEncounters, ignore, joinPath, readFolder, walkImages, type Encounters, type Folder } from "./walk.ts";

export interface ScanOptions {
  /** Called now and then with the number of images found so far. */
  readonly onProgress?: (found: number) => void;
  /** Images whose names match alike belong together, as `groupByName`. */
  readonly groupBy?: RegExp | undefined;
}

/** Images between two reports of progress. */
const PROGRESS_EVERY = 1000;

const EXPECTED = `Expected one folder per class:
    photos/bolt/1.jpg  photos/bolt/2.jpg  ...
    photos/nut/1.jpg   photos/nut/2.jpg   ...
  or photos/train/<class>/..., photos/test/<class>/..., or a manifest labels.csv with the columns file_name,label.`;

const notFound = async (path: string): Promise<HandfulError> => {
  const siblings = await readdir(dirname(path)).catch(() => []);
  const near = nearestName(basename(path), siblings);
  return dataError("E_PATH", `${path}: wanted a folder of photos, found nothing there`, {
    hint: near ? `Did you mean ${resolve(dirname(path), near)}?` : EXPECTED,
  });
};

const wrongFile = (path: string): HandfulError => {
  const what = isImageName(path)
    ? "a single image"
    : /\.(zip|tar|t?gz|7z|rar)$/i.test(path)
      ? "an archive: unpack it first"
      : /\.ya?ml$/i.test(path)
        ? "a YAML file, which other tools use to describe data sets: name the folder itself"
        : "a file that is no manifest (.csv, .tsv, .jsonl)";
  return dataError("E_PATH", `${path}: wanted a folder of photos or a manifest, got ${what}`, { hint: EXPECTED });
};

/**
 * Finds out what `path` is, without reading photos.
 *
 * @returns the folder, or the manifest file, by its absolute path
 * @throws E_PATH saying what was seen, with the expected tree
 */
export const checkPhotosPath = async (path: string): Promise<{ path: string; isFolder: boolean }> => {
  const absolute = resolve(path);
  const info = await stat(absolute).catch(() => null);
  if (!info) throw await notFound(absolute);
  if (info.isDirectory()) return { path: absolute, isFolder: true };
  if (!info.isFile() || !isManifestName(absolute)) throw wrongFile(absolute);
  return { path: absolute, isFolder: false };
};

/** What a scan of class folders has found so far. */
interface Found {
  readonly root: Buffer;
  readonly met: Encounters;
  readonly items: Item[];
  readonly emptyClasses: string[];
  readonly warnings: Warning[];
  readonly onProgress: (found: number) => void;
}

const take = (found: Found, relative: Buffer, { label, split }: Pick<Item, "label" | "split">): void => {
  const path = joinPath(found.root, relative);
  found.items.push({ path, name: escapeName(relative), label, split, group: null });
  if (found.items.length % PROGRESS_EVERY === 0) found.onProgress(found.items.length);
};

const baseName = (relative: Buffer): string => escapeName(relative.subarray(relative.lastIndexOf("/") + 1));

/** Images of class folders, and of a split where there is one; images beside the folders have no label. */
const takeClasses = async (found: Found, { images, folders }: Folder, split: Split | null): Promise<void> => {
  for (const relative of images) take(found, relative, { label: null, split });
  for (const folder of folders) {
    const label = baseName(folder);
    const before = found.items.length;
    await walkImages(found.root, folder, { met: found.met, onImage: (image) => take(found, image, { label, split }) });
    if (found.items.length === before) found.emptyClasses.push(label);
  }
};

const unlabelledWarning = ({ items }: Found, layout: DataSet["layout"]): Warning[] => {
  const count = items.reduce((sum, item) => sum + (item.label === null ? 1 : 0), 0);
  if (count === 0 || layout === "flat") return [];
  return [{ code: "W_UNLABELLED", message: `${count} images lie beside the class folders and have no label` }];
};

/** Says so when all photos lie in one folder that itself looks like a data set. */
const wrapperWarning = ({ items }: Found): Warning[] => {
  const wrapper = items[0]?.label ?? null;
  const inner = new Set<string>();
  for (const { label, name } of items) {
    const parts = name.split("/");
    if (label === null || label !== wrapper || parts.length < 3) return [];
    inner.add(parts[1]!);
  }
  if (wrapper === null || inner.size < 2) return [];
  return [
    {
      code: "W_WRAPPED",
      message: `all images lie in one folder, "${wrapper}", with ${inner.size} folders in it; if those are the classes, give the path of "${wrapper}" itself`,
    },
  ];
};

const scanFolders = async (found: Found, top: Folder): Promise<DataSet["layout"]> => {
  await takeClasses(found, top, null);
  const layout = found.items.every((item) => item.label === null) ? "flat" : "folders";
  if (layout === "flat") found.emptyClasses.length = 0;
  found.warnings.push(...unlabelledWarning(found, layout), ...wrapperWarning(found));
  return layout;
};

const scanSplits = async (found: Found, top: Folder): Promise<DataSet["layout"]> => {
  const spellings = new Map<Split, string[]>();
  for (const folder of top.folders) {
    const name = baseName(folder);
    const split = splitOf(name);
    if (split) {
      spellings.set(split, [...(spellings.get(split) ?? []), name]);
      await takeClasses(found, await readFolder(found.root, folder, found.met), split);
    } else
      found.met.skipped.push({ name, code: "E_BESIDE_SPLITS", reason: "a folder beside train, validation and test" });
  }
  for (const relative of top.images) take(found, relative, { label: null, split: null });
  for (const [split, names] of spellings)
    if (names.length > 1)
      found.warnings.push({
        code: "W_SPLIT_SPELLINGS",
        message: `folders ${names.join(" and ")} both taken as ${split}`,
      });
  found.warnings.push(...unlabelledWarning(found, "splits"));
  return "splits";
};

/**
 * Whether the top folders are splits and not classes: they have class folders in them, and either nothing but splits
 * is there or training and another split are. (`train` may well be a class beside `bus` and `car`.)
 */
const areSplits = async ({ root }: Found, { folders }: Folder): Promise<boolean> => {
  const splits = folders.flatMap((folder) => splitOf(baseName(folder)) ?? []);
  if (splits.length === 0) return false;
  if (splits.length < folders.length && !(splits.includes("train") && new Set(splits).size > 1)) return false;
  for (const folder of folders)
    if (splitOf(baseName(folder)) && (await readFolder(root, folder, createEncounters())).folders.length > 0)
      return true;
  return false;
};

/** `runs/` beside the classes is where models are written, unless photos lie in it: it may be a kind of paint defect. */
const withoutRuns = async ({ root, met }: Found, top: Folder): Promise<Folder> => {
  const folders: Buffer[] = [];
  for (const folder of top.folders) {
    const isRuns =
      baseName(folder) === "runs" && (await readFolder(root, folder, createEncounters())).images.length === 0;
    if (isRuns) ignore(met, folder);
    else folders.push(folder);
  }
  return { ...top, folders: folders.sort((a, b) => compareNames(escapeName(a), escapeName(b))) };
};

const nothingFound = (root: string, { met, emptyClasses }: Found): HandfulError => {
  const seen = [
    ...(emptyClasses.length > 0
      ? [`${emptyClasses.length} folders without images (${emptyClasses.slice(0, 3).join(", ")})`]
      : []),
    ...(met.ignored > 0
      ? [`${met.ignored} other files or folders (${met.ignoredExamples.slice(0, 3).join(", ")})`]
      : []),
    ...(met.synthetic.length > 0 ? [`folders of made pictures (${met.synthetic.slice(0, 3).join(", ")})`] : []),
    ...met.skipped.slice(0, 3).map(({ name, reason }) => `${name || "the folder itself"} (${reason})`),
  ];
  return dataError(
    "E_NO_IMAGES",
    `${root}: wanted images, saw ${seen.length > 0 ? seen.join(", ") : "an empty folder"}`,
    {
      hint: EXPECTED,
    },
  );
};

export const MANIFESTS = ["metadata.csv", "metadata.tsv", "metadata.jsonl"];

const manifestIn = async (folder: string): Promise<string | null> => {
  const present: string[] = [];
  for (const name of MANIFESTS) if ((await stat(resolve(folder, name)).catch(() => null))?.isFile()) present.push(name);
  if (present.length > 1)
    throw dataError("E_MANIFEST", `${folder}: wanted one manifest, got ${present.join(" and ")}`, {
      hint: `Name the one to use: ${resolve(folder, present[0]!)}`,
    });
  return present[0] === undefined ? null : resolve(folder, present[0]);
};

/**
 * Every image under a folder, whatever its folders mean: for asking a model about them.
 *
 * @throws E_NO_IMAGES
 */
export const scanImages = async (folder: string): Promise<Pick<DataSet, "items" | "skipped">> => {
  const root = await realpath(folder, { encoding: "buffer" });
  const met = createEncounters();
  const found: Found = { root, met, items: [], emptyClasses: [], warnings: [], onProgress: () => undefined };
  const onImage = (image: Buffer): void => take(found, image, { label: null, split: null });
  await walkImages(root, Buffer.alloc(0), { met, onImage });
  if (found.items.length === 0) throw nothingFound(folder, found);
  const made = met.synthetic.map((name) => ({ name, code: "E_SYNTHETIC", reason: "a folder of made pictures" }));
  return { items: found.items.sort((a, b) => compareNames(a.name, b.name)), skipped: [...met.skipped, ...made] };
};

const isSynthetic = async (root: string): Promise<boolean> =>
  (await stat(resolve(root, SYNTHETIC_MARKER)).catch(() => null)) !== null;

/** Says so where the data set itself is a folder of made pictures. */
const withSyntheticWarning = async (dataset: DataSet): Promise<DataSet> =>
  (await isSynthetic(dataset.root))
    ? {
        ...dataset,
        warnings: [
          {
            code: "W_ALL_SYNTHETIC",
            message:
              "these pictures were made: an accuracy on them says nothing; they may help learning with --synthetic",
          },
          ...dataset.warnings,
        ],
      }
    : dataset;

/**
 * Refuses what is no photo to learn from or to score.
 *
 * @throws E_SYNTHETIC where the data set is a folder of made pictures
 */
export const checkPhotographed = ({ root, warnings }: DataSet): void => {
  if (warnings.some(({ code }) => code === "W_ALL_SYNTHETIC"))
    throw dataError("E_SYNTHETIC", `${root}: these pictures were made, an accuracy on them says nothing`, {
      hint: `Give the photos, and this folder beside them: handful train <photos> --synthetic ${root}`,
    });
};

/** The images under a folder as its folders sort them, whatever manifest may lie in it; as `scanDataset`. */
export const scanByFolders = async (
  absolute: string,
  onProgress: (found: number) => void = () => undefined,
): Promise<DataSet> => {
  const root = await realpath(absolute, { encoding: "buffer" });
  const found: Found = { root, met: createEncounters(), items: [], emptyClasses: [], warnings: [], onProgress };
  const top = await withoutRuns(found, await readFolder(root, Buffer.alloc(0), found.met));
  const layout = (await areSplits(found, top)) ? await scanSplits(found, top) : await scanFolders(found, top);
  if (found.items.length === 0) throw nothingFound(absolute, found);
  onProgress(found.items.length);
  const { items, emptyClasses, met, warnings } = found;
  return withSyntheticWarning(assemble({ root: absolute, layout, items, emptyClasses, met, warnings }));
};

const findDataset = async (path: string, options: ScanOptions): Promise<DataSet> => {
  const { path: absolute, isFolder } = await checkPhotosPath(path);
  const onProgress = options.onProgress ?? ((): void => undefined);
  const manifest = isFolder ? await manifestIn(absolute) : absolute;
  if (manifest !== null) return withSyntheticWarning(await readManifest(manifest, onProgress));
  return scanByFolders(absolute, onProgress);
};

/**
 * The images under `path`; opens none of them.
 *
 * Takes class folders, splits above them (train, val, valid, validation, test ...), a manifest (CSV, TSV, JSONL, or
 * a folder holding `metadata.csv` and the like), or a folder of images without labels. Hidden files, junk and our own
 * outputs are counted; links, pipes, devices and what may not be read are listed; nothing blocks. Folders of made
 * pictures are passed over with a warning, and so is said where `path` itself is one.
 *
 * @throws E_PATH, E_NO_IMAGES with the expected tree; E_MANIFEST with line numbers; E_OPTION as `groupByName`
 */
export const scanDataset = async (path: string, options: ScanOptions = {}): Promise<DataSet> =>
  groupByName(await findDataset(path, options), options.groupBy);

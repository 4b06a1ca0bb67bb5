import { lstatSync, realpathSync, type Stats } from "node:fs";
import { realpath } from "node:fs/promises";
import { posix } from "node:path";
import type { Item } from "./dataset.ts";
import { escapeName, unescapeName } from "./names.ts";
import { SYNTHETIC_MARKER } from "./synthetic-marker.ts";
import { joinPath } from "./walk.ts";

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

const find = (finder: Finder, written: string): FoundFile | { fault: string } => {
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
    return { path, name: escapeName(relative) };
  }
  if (outside) return { fault: `"${shown}" leads out of the manifest's folder` };
  return { fault: `no file "${shown}"${written.includes("\ufffd") ? " (save the manifest as UTF-8)" : ""}` };
};

/** A file that a list names. */
export type FoundFile = Pick<Item, "path" | "name">;

/** Finds the file that a list means by what it writes, or says what is wrong with it. */
export type FileFinder = (written: string) => FoundFile | { readonly fault: string };

/**
 * A finder of the files that a list in `folder` names: they lie inside it, links followed, and are plain files.
 *
 * @param folder  absolute
 */
export const createFileFinder = async (folder: string): Promise<FileFinder> => {
  const root = await realpath(folder, { encoding: "buffer" });
  const finder: Finder = {
    root,
    roots: [root, Buffer.from(folder)],
    insideFolders: new Map(),
    syntheticFolders: new Map(),
  };
  return (written) => find(finder, written);
};

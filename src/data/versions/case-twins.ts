import { statSync } from "node:fs";
import { join } from "node:path";
import { STORE_FOLDER } from "./entry.ts";
import type { Store } from "./store.ts";

/** Names that a disk which ignores case, or how accents are written, takes for one; groups of two and more. */
export const caseTwins = (names: readonly string[]): string[][] => {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const key = name.normalize("NFC").toLowerCase();
    const group = groups.get(key);
    if (group) group.push(name);
    else groups.set(key, [name]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
};

/** Whether the disk of a store takes upper and lower case for one. */
export const ignoresCase = ({ root }: Pick<Store, "root">): boolean =>
  statSync(join(root, STORE_FOLDER.toUpperCase()), { throwIfNoEntry: false }) !== undefined;

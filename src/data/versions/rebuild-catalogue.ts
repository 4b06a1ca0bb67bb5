import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { HandfulError } from "../../base/errors.ts";
import { openCatalogue, type Catalogue } from "./catalogue.ts";
import { decodeCommit, type Commit } from "./commit-object.ts";
import { HEAD, MAIN, SEEN, tagRef } from "./history.ts";
import { openPackFile } from "./read-pack.ts";
import { packPath } from "./store.ts";

export interface Rebuilt {
  readonly commits: number;
  readonly objects: number;
  /** What could not be read. */
  readonly faults: readonly string[];
  /** Tags given to lines of history besides the newest. */
  readonly tags: readonly string[];
}

/** Puts the old catalogue aside under a name that is free. */
const putAside = (folder: string): void => {
  let number = 1;
  while (existsSync(join(folder, `catalogue.damaged-${number}`))) number++;
  for (const suffix of ["", "-journal"])
    if (existsSync(join(folder, `catalogue.sqlite${suffix}`)))
      renameSync(join(folder, `catalogue.sqlite${suffix}`), join(folder, `catalogue.damaged-${number}${suffix}`));
};

const isDamage = (thrown: unknown): thrown is HandfulError =>
  thrown instanceof HandfulError && thrown.kind === "damaged";

/** Puts a pack into the catalogue, and gives the commits in it by their hash. */
const takePack = (folder: string, name: string, catalogue: Catalogue): Map<string, Commit> => {
  const path = packPath({ folder }, name);
  const pack = openPackFile(path, name);
  try {
    const objects = pack.objects();
    const facts = { name, sizeBytes: pack.sizeBytes, created: Math.floor(statSync(path).mtimeMs) };
    catalogue.transaction(() => catalogue.addPack(facts, objects));
    return new Map(
      objects.filter(({ type }) => type === "commit").map((object) => [object.hash, decodeCommit(pack.read(object))]),
    );
  } finally {
    pack.close();
  }
};

/** Names the newest end of history main, and gives the others tags. */
const nameEnds = (catalogue: Catalogue, commits: ReadonlyMap<string, Commit>): string[] => {
  const followed = new Set([...commits.values()].flatMap(({ parents }) => parents));
  const ends = [...commits].filter(([id]) => !followed.has(id)).sort(([, a], [, b]) => (a.time < b.time ? 1 : -1));
  return catalogue.transaction(() =>
    ends.flatMap(([id], i) => {
      if (i > 0) {
        catalogue.moveRef(tagRef(`found-${i}`), null, id);
        return [`found-${i}`];
      }
      catalogue.moveRef(MAIN, null, id);
      catalogue.moveRef(HEAD, null, id);
      catalogue.set(SEEN, id);
      return [];
    }),
  );
};

/**
 * Writes the catalogue anew from the packs, which hold all but tags and names; the old one is put aside.
 *
 * The newest commit becomes main; other ends of history, such as what was put aside, are tagged "found-1" and so on.
 *
 * @param folder  the store's; no other command may be at work in it
 */
export const rebuildCatalogue = (folder: string): Rebuilt => {
  putAside(folder);
  const catalogue = openCatalogue(folder, { readOnly: false });
  try {
    const commits = new Map<string, Commit>();
    const faults: string[] = [];
    for (const file of readdirSync(join(folder, "packs")).sort()) {
      const name = file.replace(/\.pack$/, "");
      try {
        for (const [id, commit] of takePack(folder, name, catalogue)) commits.set(id, commit);
      } catch (thrown) {
        if (!isDamage(thrown)) throw thrown;
        faults.push(thrown.message);
      }
    }
    const tags = nameEnds(catalogue, commits);
    const objects = catalogue.packs().reduce((sum, { name }) => sum + catalogue.objectsOf(name).length, 0);
    return { commits: commits.size, objects, faults, tags };
  } finally {
    catalogue.close();
  }
};

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "./store.ts";

/** Removes what commands that were cut off left half-written; only while the lock is held. */
export const sweepTemporary = ({ folder }: Store): void => {
  const temporary = join(folder, "tmp");
  mkdirSync(temporary, { recursive: true });
  for (const name of readdirSync(temporary)) rmSync(join(temporary, name), { force: true, recursive: true });
};

/** Removes packs that the catalogue does not know, left by commands that were cut off; only while the lock is held. */
export const sweepPacks = ({ folder, catalogue }: Store): void => {
  const known = new Set(catalogue.packs().map(({ name }) => `${name}.pack`));
  for (const name of readdirSync(join(folder, "packs")))
    if (!known.has(name)) rmSync(join(folder, "packs", name), { force: true });
};

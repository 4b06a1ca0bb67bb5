import { hash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { artifactError, HandfulError } from "../../base/errors.ts";
import { isGone, thisProcess, type Holder } from "./lock.ts";
import { readPart } from "./read-pack.ts";
import type { Remote } from "./remote.ts";
import { storeFailure } from "./store-failure.ts";
import { syncFolder, writeAll } from "./write-durably.ts";

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

const orNull = <T>(take: () => T): T | null => {
  try {
    return take();
  } catch (thrown) {
    if (isMissing(thrown)) return null;
    throw thrown;
  }
};

/** Writes beside, has the disk keep it, reads it back, and only then gives it its name. */
const writeChecked = (path: string, bytes: Buffer): void => {
  const temporary = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  mkdirSync(dirname(path), { recursive: true });
  try {
    const file = openSync(temporary, "wx");
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (hash("sha256", readFileSync(temporary)) !== hash("sha256", bytes))
      throw artifactError("E_REMOTE_DAMAGED", `${path}: was not kept as it was written`, { hint: "Check that disk." });
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
};

/** The process that wrote a lock; nobody known, where it has not written it whole. */
const holderIn = (text: string): Holder => {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return { host: "", boot: "", space: "", pid: 0, started: "" };
  }
};

/** Runs `body` while no other process swaps; takes over from one that is gone. */
const alone = <T>(path: string, body: () => T): T => {
  const lock = `${path}.lock`;
  mkdirSync(dirname(path), { recursive: true });
  const other = orNull(() => readFileSync(lock, "utf8"));
  if (other !== null && isGone(holderIn(other))) rmSync(lock, { force: true });
  try {
    writeFileSync(lock, JSON.stringify(thisProcess()), { flag: "wx" });
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
    throw new HandfulError("permission", "E_LOCKED", `${path}: another command is pushing there`, {
      hint: `Run again; if none is, delete ${lock}`,
    });
  }
  try {
    return body();
  } finally {
    rmSync(lock, { force: true });
  }
};

/** A folder as a remote: on another disk, or one that is shared. */
export const openFolder = (folder: string): Remote => {
  const guarded = async <T>(body: () => T): Promise<T> => {
    try {
      return body();
    } catch (thrown) {
      throw storeFailure(thrown, folder);
    }
  };
  const pathOf = (name: string): string => join(folder, ...name.split("/"));
  const read = (name: string): Buffer | null => orNull(() => readFileSync(pathOf(name)));
  return {
    where: folder,
    list: (inner) =>
      guarded(() =>
        (orNull(() => readdirSync(pathOf(inner))) ?? [])
          .filter((name) => !name.startsWith("."))
          .map((name) => ({ name, sizeBytes: statSync(join(pathOf(inner), name)).size })),
      ),
    read: (name, part) => guarded(() => (part ? orNull(() => readPart(pathOf(name), part)) : read(name))),
    write: (name, bytes) => guarded(() => writeChecked(pathOf(name), bytes)),
    swap: (name, expected, next) =>
      guarded(() =>
        alone(pathOf(name), () => {
          const now = read(name);
          if (now === null ? expected !== null : expected === null || !now.equals(expected)) return false;
          writeChecked(pathOf(name), next);
          return true;
        }),
      ),
    close: () => undefined,
  };
};

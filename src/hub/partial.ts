import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { orAbsent } from "./cache.ts";

/** A half-downloaded file that only this call writes to. */
export interface Partial {
  readonly handle: FileHandle;
  readonly path: string;
  /** Bytes it holds so far; writing goes on there. */
  readonly size: number;
  /** Makes it the finished file in one step, after its bytes are safe on disk. */
  finish(): Promise<void>;
  /** Leaves the bytes for the next call to go on with. */
  park(): Promise<void>;
  /** Throws the bytes away. */
  discard(): Promise<void>;
}

const PARKED = "parked";

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
};

/** Half-downloaded files of a blob that nobody writes to any more, the longest first. */
const orphans = async (blob: string): Promise<string[]> => {
  const folder = dirname(blob);
  const found = (await readdir(folder)).flatMap((name) => {
    const owner = name.startsWith(`${basename(blob)}.`) && /\.(parked|\d+)-[0-9a-f-]{36}\.incomplete$/.exec(name)?.[1];
    return owner && (owner === PARKED || !isRunning(Number(owner))) ? [join(folder, name)] : [];
  });
  const sizes = await Promise.all(found.map(async (path) => (await orAbsent(stat(path)))?.size ?? 0));
  return found
    .map((path, i) => ({ path, size: sizes[i]! }))
    .sort((a, b) => b.size - a.size)
    .map(({ path }) => path);
};

/** A name for a half-downloaded file that no other call has. */
const partialName = (blob: string, owner: string): string => `${blob}.${owner}-${randomUUID()}.incomplete`;

/** Renames the first orphan that is still there over `path`; whoever renames first has it. */
const adopt = async (blob: string, path: string): Promise<boolean> => {
  for (const orphan of await orphans(blob))
    if ((await orAbsent(rename(orphan, path).then(() => true))) === true) return true;
  return false;
};

/**
 * Opens the file into which a blob is downloaded: what an earlier call left behind (also one that was killed), else empty.
 *
 * Each call owns its file by name, so two processes never write into one; the finished one is renamed into place.
 * A file is never shortened: one that cannot be gone on with is thrown away and a new one is begun.
 *
 * @param blob  path of the finished file
 */
export const openPartial = async (blob: string, { fresh = false } = {}): Promise<Partial> => {
  await mkdir(dirname(blob), { recursive: true });
  const path = partialName(blob, String(process.pid));
  const adopted = !fresh && (await adopt(blob, path));
  const handle = await open(path, adopted ? "r+" : "wx+");
  return {
    handle,
    path,
    size: (await handle.stat()).size,
    finish: async () => {
      await handle.sync();
      await handle.close();
      await rename(path, blob);
    },
    park: async () => {
      const { size } = await handle.stat();
      await handle.close();
      if (size === 0) return rm(path, { force: true });
      await rename(path, partialName(blob, PARKED));
    },
    discard: async () => {
      await handle.close();
      await rm(path, { force: true });
    },
  };
};

import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { optionError } from "../base/errors.ts";

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

const nextRun = async (runs: string, day: string): Promise<string> => {
  const names = await readdir(runs).catch(() => [] as string[]);
  const used = names.flatMap((name) => {
    const match = /^\d{4}-\d{2}-\d{2}-(\d{4})$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
  return join(runs, `${day}-${String(Math.max(0, ...used) + 1).padStart(4, "0")}`);
};

export interface RunFolderOptions {
  /** Folder given by the person; a new `runs/<day>-<number>` when absent. */
  readonly out?: string;
  /** What is trained on; results never go inside. */
  readonly photos: string;
  readonly cwd: string;
  readonly now: Date;
  /** Whether a folder that already holds a model may be written over. */
  readonly overwrite?: boolean;
}

/**
 * Makes the folder for the results of a run.
 *
 * @throws optionError when it lies inside the photos, or already holds a model
 */
export const makeRunFolder = async ({ out, photos, cwd, now, overwrite }: RunFolderOptions): Promise<string> => {
  const photosFolder = (await stat(photos)).isDirectory() ? resolve(cwd, photos) : dirname(resolve(cwd, photos));
  if (out !== undefined) {
    const folder = resolve(cwd, out);
    if (isInside(folder, photosFolder) && (await stat(photos)).isDirectory())
      throw optionError(`--out ${out} lies inside the photos (${photosFolder})`, {
        hint: "Choose a folder outside: results must not be scanned as photos.",
      });
    if (!overwrite && (await stat(join(folder, "model.onnx")).catch(() => null)))
      throw optionError(`--out ${out} already holds a model.onnx`, {
        hint: "Choose another folder, or add --exist-ok to write over it.",
      });
    await mkdir(folder, { recursive: true });
    return folder;
  }
  const base = isInside(cwd, photosFolder) ? dirname(photosFolder) : cwd;
  const runs = join(base, "runs");
  await mkdir(runs, { recursive: true });
  for (;;) {
    const folder = await nextRun(runs, now.toISOString().slice(0, 10));
    try {
      await mkdir(folder); // fails when another run has just taken the number
      return folder;
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
    }
  }
};

/** Points `runs/latest` at a run; says whether that could be done. */
export const markLatest = async (folder: string): Promise<boolean> => {
  const runs = dirname(folder);
  if (basename(runs) !== "runs") return false;
  const temporary = join(runs, `.latest-${randomUUID()}`);
  try {
    await symlink(relative(runs, folder), temporary, "junction");
    await rename(temporary, join(runs, "latest"));
    return true;
  } catch {
    await rm(temporary, { force: true }); // a file system without links: the run's own name still works
    return false;
  }
};

/** Writes a file whole or not at all: a temporary file beside it, flushed, then renamed over it. */
export const writeWhole = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}-${randomUUID()}.tmp`);
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (thrown) {
    await file.close();
    await rm(temporary, { force: true });
    throw thrown;
  }
};

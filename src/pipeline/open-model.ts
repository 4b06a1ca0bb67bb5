import { createHash } from "node:crypto";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { inspectModel, loadModel, readModelFile, type Model } from "../artifact/load.ts";
import { tryModelInChild } from "../artifact/quarantine.ts";
import { HandfulError } from "../base/errors.ts";
import { runtimeVersion } from "../runtime/node.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where embeddings and checked models are kept: HANDFUL_CACHE, else the system's cache folder. */
export const cacheDirectory = (env: Environment): string =>
  env.HANDFUL_CACHE ?? join(env.XDG_CACHE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), ".cache"), "handful");

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** The run that a folder of runs was most likely named for: the latest. */
const latestRun = async (runs: string): Promise<string | null> => {
  for (const name of ["latest", ...(await readdir(runs)).sort().reverse()])
    if (await isThere(join(runs, name, "model.onnx"))) return join(runs, name);
  return null;
};

/**
 * A run folder stands for the model inside it.
 *
 * @throws HandfulError E_MODEL_MISSING for a folder of runs, suggesting the latest
 */
export const modelPath = async (path: string): Promise<string> => {
  if (!(await stat(path).catch(() => null))?.isDirectory()) return path;
  const model = join(path, "model.onnx");
  const run = (await isThere(model)) ? null : await latestRun(path);
  if (run === null) return model;
  throw new HandfulError("missing", "E_MODEL_MISSING", `${path}: wanted a model or one run, got a folder of runs`, {
    hint: `Did you mean ${run}?`,
  });
};

const approvalOf = (bytes: Uint8Array, cacheDir: string): string =>
  join(cacheDir, "checked", `${createHash("sha256").update(bytes).digest("hex")}-${runtimeVersion()}`);

/** Remembers that these very bytes were tried out with this runtime. */
export const approveModel = async (bytes: Uint8Array, cacheDir: string): Promise<void> => {
  const approval = approvalOf(bytes, cacheDir);
  await mkdir(join(cacheDir, "checked"), { recursive: true });
  await writeFile(approval, "");
};

/**
 * Opens a model file, or the one in a run folder.
 *
 * Bytes never seen before are first tried out in a child process under a ceiling of memory and time.
 */
export const openModel = async (
  path: string,
  options: { readonly cacheDir: string; readonly threads?: number },
): Promise<Model> => {
  const file = await modelPath(path);
  const bytes = await readModelFile(file);
  inspectModel(bytes);
  if (!(await stat(approvalOf(bytes, options.cacheDir)).catch(() => null))) {
    await tryModelInChild(file);
    await approveModel(bytes, options.cacheDir).catch(() => undefined); // a read-only cache: it is tried out again next time
  }
  return loadModel(bytes, options.threads === undefined ? {} : { threads: options.threads });
};

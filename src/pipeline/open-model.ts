import { createHash } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { inspectModel, loadModel, readModelFile, type Model } from "../artifact/load.ts";
import { tryModelInChild } from "../artifact/quarantine.ts";
import { runtimeVersion } from "../runtime/node.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where embeddings and checked models are kept: HANDFUL_CACHE, else the system's cache folder. */
export const cacheDirectory = (env: Environment): string =>
  env.HANDFUL_CACHE ?? join(env.XDG_CACHE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), ".cache"), "handful");

/** A run folder stands for the model inside it. */
export const modelPath = async (path: string): Promise<string> =>
  (await stat(path).catch(() => null))?.isDirectory() ? join(path, "model.onnx") : path;

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

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { readModelFile, type Prediction } from "../artifact/load.ts";
import { artifactError, dataError } from "../base/errors.ts";
import { rowOf } from "../base/matrix.ts";
import { readItem } from "../data/image.ts";
import { unescapeName } from "../data/names.ts";
import type { QueuedPicture, ResultRow } from "../queue/result-row.ts";
import type { Task, TaskNetwork } from "../queue/task.ts";
import type { PreprocessOverrides } from "./backbone-settings.ts";
import { openBackbone } from "./backbone.ts";
import { modelPath, openModel } from "./open-model.ts";
import { answerPictures, type Asked, type Picture } from "./predict.ts";
import { resolveBackbone, type ResolvedBackbone } from "./resolve-backbone.ts";

/** A network that does a task. Must be closed. */
export interface Answerer {
  /** A row a picture, in their order; a picture that cannot be read gets a row with its error. */
  rows(pictures: readonly QueuedPicture[], root: string): AsyncGenerator<ResultRow>;
  close(): Promise<void>;
}

export interface OpenAnswererOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cacheDir: string;
  readonly threads?: number;
  /** Where the model file lies on this machine, when elsewhere than the task says. */
  readonly model?: string;
  readonly signal?: AbortSignal;
}

/** What is stored of a prediction. */
export const answerOf = ({ label, embedding: _, probabilities, ...rest }: Prediction, labels: readonly string[]) => ({
  label: label ?? "unknown",
  unknown: label === null,
  ...rest,
  probabilities: labels.map((name, i) => ({ label: name, probability: probabilities[i]! })),
});

type Outcome = Pick<ResultRow, "answer" | "embedding">;

interface Opened {
  readonly asked: Asked<Outcome>;
  close(): Promise<void>;
}

const MODEL_BATCH = 16;

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The task's network for a model file. */
export const modelNetwork = async (path: string): Promise<TaskNetwork> => {
  const file = await modelPath(resolve(path));
  return { from: "model", path: file, sha256: sha256Of(await readModelFile(file)) };
};

/** The task's network for a backbone. */
export const backboneNetwork = (
  { name, path, source, sha256 }: ResolvedBackbone,
  { features, overrides }: { readonly features: string | null; readonly overrides: PreprocessOverrides },
): TaskNetwork => ({
  from: "backbone",
  name: source === "file" ? path : name,
  sha256,
  features,
  overrides: { ...overrides },
});

const checkSame = (what: string, wanted: string, got: string): void => {
  if (wanted !== got)
    throw artifactError("E_QUEUE_NETWORK", `${what}: wanted sha256 ${wanted}, got ${got}`, {
      hint: "Put the network there that the run was begun with, or name it with --model.",
    });
};

const openModelTask = async (
  { kind, network }: { readonly kind: Task["kind"]; readonly network: Extract<TaskNetwork, { from: "model" }> },
  { cacheDir, threads, model = network.path }: OpenAnswererOptions,
): Promise<Opened> => {
  checkSame(model, network.sha256, sha256Of(await readModelFile(await modelPath(model))));
  const opened = await openModel(model, { cacheDir, ...(threads !== undefined && { threads }) });
  const { labels } = opened.metadata;
  const outcome = (p: Prediction): Outcome =>
    kind === "classify" ? { answer: answerOf(p, labels), embedding: null } : { answer: null, embedding: p.embedding };
  const ask = async (inputs: readonly Uint8Array[]) => (await opened.predict(inputs)).map(outcome);
  return { asked: { preprocess: opened.preprocess, batch: MODEL_BATCH, ask }, close: () => opened.close() };
};

const openBackboneTask = async (
  network: Extract<TaskNetwork, { from: "backbone" }>,
  { env, threads, signal }: OpenAnswererOptions,
): Promise<Opened> => {
  const { name, overrides, features } = network;
  const resolved = await resolveBackbone({ name, env, overrides, ...(signal && { signal }) });
  checkSame(name, network.sha256, resolved.sha256);
  const backbone = await openBackbone(resolved, {
    ...(threads !== undefined && { threads }),
    ...(features !== null && { features }),
  });
  const ask = async (inputs: readonly Uint8Array[]): Promise<Outcome[]> => {
    const runs = Array.from({ length: Math.ceil(inputs.length / backbone.batch) }, (_, run) =>
      inputs.slice(run * backbone.batch, (run + 1) * backbone.batch),
    );
    const all = await Promise.all(runs.map((run) => backbone.embed(run)));
    return all.flatMap((rows) =>
      Array.from({ length: rows.rows }, (_, i) => ({ answer: null, embedding: rowOf(rows, i).slice() })),
    );
  };
  const batch = backbone.batch * backbone.lanes;
  return { asked: { preprocess: backbone.preprocess, batch, ask }, close: () => backbone.close() };
};

/** A picture of the run on this machine; its name comes from a database, so it must stay below the root. */
const pathBelow = (root: string, name: string): Buffer => {
  const bytes = unescapeName(name);
  if (bytes === null || name.startsWith("/") || name.split("/").includes(".."))
    throw dataError("E_PATH", `${name}: wanted a path below the folder of the run`);
  return Buffer.concat([Buffer.from(join(root, "/")), bytes]);
};

const nothing = { answer: null, embedding: null };

/** What came of one picture; numbers that are none are no embedding. */
const outcomeOf = (
  one: { readonly name: string } & ({ readonly prediction: Outcome } | Pick<ResultRow, "error">),
): Omit<ResultRow, keyof QueuedPicture> => {
  if ("error" in one) return { ...nothing, error: one.error };
  if (one.prediction.embedding?.every(Number.isFinite) ?? true) return { ...one.prediction, error: null };
  const hint = "Check the picture, or use another network.";
  return { ...nothing, error: { code: "E_FEATURE_NAN", message: `${one.name}: its embedding is not finite`, hint } };
};

/** Rows of pictures, with the hash that each had when it was read. */
async function* rowsOf(
  asked: Asked<Outcome>,
  pictures: readonly QueuedPicture[],
  root: string,
): AsyncGenerator<ResultRow> {
  const hashes = pictures.map(({ sha256 }) => sha256);
  const readable = pictures.map(({ name, sha256 }, i): Picture => {
    const read = async (): Promise<Buffer> => {
      const item = await readItem({ path: pathBelow(root, name), name }, sha256 ?? undefined);
      hashes[i] = item.sha256;
      return item.bytes;
    };
    return { name, read };
  });
  let at = 0;
  for await (const one of answerPictures(asked, readable))
    yield { name: one.name, sha256: hashes[at++]!, ...outcomeOf(one) };
}

/**
 * Opens the network of a task.
 *
 * @throws E_QUEUE_NETWORK when what lies there has other bytes; what opening a model or a backbone throws
 */
export const openAnswerer = async ({ kind, network }: Task, options: OpenAnswererOptions): Promise<Answerer> => {
  const { asked, close } =
    network.from === "model"
      ? await openModelTask({ kind, network }, options)
      : await openBackboneTask(network, options);
  return { rows: (pictures, root) => rowsOf(asked, pictures, root), close };
};

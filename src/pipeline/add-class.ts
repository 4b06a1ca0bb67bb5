import { inspectModel, type Model } from "../artifact/load.ts";
import { dataError } from "../base/errors.ts";
import { matrixOf, stackRows } from "../base/matrix.ts";
import { checkPhotographed, scanDataset } from "../data/scan.ts";
import { importModel } from "../onnx/import.ts";
import { changedFacts } from "./changed-facts.ts";
import { picturesOf, predictPictures } from "./predict.ts";
import { keptFeatures, methodOf, relearnHead } from "./relearn-head.ts";
import { checkClassName } from "./renumber-classes.ts";
import { examples, plural, SAME_SCENE } from "./select-photos.ts";

export interface AddClassOptions {
  readonly name: string;
  /** Photos of the class, in no folders of their own. */
  readonly folder: string;
  readonly version: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface AddedClass {
  readonly bytes: Uint8Array;
  /** Photos that it was learned from. */
  readonly photos: number;
  /** What the person should know, each a sentence. */
  readonly notes: readonly string[];
}

interface NewPhotos {
  readonly names: readonly string[];
  readonly features: readonly number[][];
  readonly notes: readonly string[];
}

/** Refuses what is no folder of photos of one class. @throws dataError E_NO_IMAGES, E_SYNTHETIC, E_MANY_CLASSES */
const scanOneClass = async (folder: string, name: string) => {
  const dataset = await scanDataset(folder);
  checkPhotographed(dataset);
  if (dataset.layout !== "flat")
    throw dataError(
      "E_MANY_CLASSES",
      `${dataset.root}: wanted photos of "${name}" alone, got ${plural(dataset.classes.length, "folder")} of classes: ${examples(dataset.classes)}`,
      { hint: "Name the folder that holds the photos themselves." },
    );
  return dataset;
};

/** The photos through the model's own network; of copies the first. */
const embedNew = async (model: Model, options: AddClassOptions): Promise<NewPhotos> => {
  const { name, folder, onProgress, signal } = options;
  const { items, skipped, root } = await scanOneClass(folder, name);
  const unreadable = skipped.map((file) => file.name);
  const [copies, known] = [[] as string[], [] as string[]];
  const rows = new Map<string, { name: string; row: number[] }>();
  let done = 0;
  for await (const answer of predictPictures(model, picturesOf(items))) {
    signal?.throwIfAborted();
    onProgress?.(++done, items.length);
    if ("error" in answer) {
      unreadable.push(answer.name);
      continue;
    }
    const { embedding, nearest } = answer.prediction;
    const key = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength).toString("base64");
    if (rows.has(key)) copies.push(answer.name);
    else rows.set(key, { name: answer.name, row: Array.from(embedding) });
    const [twin] = nearest;
    if (twin && twin.similarity >= SAME_SCENE) known.push(`${answer.name} (as ${twin.name}, "${twin.label}")`);
  }
  if (rows.size === 0)
    throw dataError("E_NO_IMAGES", `${root}: none of ${plural(items.length, "photo")} can be read`, {
      hint: "See handful inspect.",
    });
  const says = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${plural(names.length, "photo")} ${what}: ${examples(names)}`];
  return {
    names: [...rows.values()].map((photo) => photo.name),
    features: [...rows.values()].map((photo) => photo.row),
    notes: [
      ...says("cannot be read and were left out", unreadable),
      ...says("are copies and were left out", copies),
      ...says("look the same as training photos of other classes", known),
    ],
  };
};

/**
 * A model that knows one class more: its head is learned anew, with the options it had, from the embeddings of the
 * training photos that the file keeps and those of the new photos, embedded by the model itself.
 *
 * The temperature and the threshold for the unknown stay; the prediction set is not known any more.
 * @param bytes  the file that `model` was loaded from
 * @throws HandfulError E_CLASS_NAME, E_CLASS_EXISTS, E_HEAD_FIXED; dataError as scanning the folder; artifactError
 *   E_MODEL_KEPT
 */
export const addClass = async (bytes: Uint8Array, model: Model, options: AddClassOptions): Promise<AddedClass> => {
  const { name, version } = options;
  const { vectors: _old, ...before } = inspectModel(bytes).metadata;
  checkClassName(name, before.labels);
  const imported = importModel(bytes);
  methodOf(before, imported); // refused before a photo is read
  const kept = keptFeatures(imported, before);
  const added = await embedNew(model, options);
  const photos = added.names.length;
  const { training, dataset, thresholds } = before;
  const facts = changedFacts(before, { text: `added "${name}" (${plural(photos, "photo")})`, version });
  const relearned = await relearnHead({
    model: imported,
    facts: {
      ...facts,
      labels: [...before.labels, name],
      thresholds: { ...thresholds, setProbability: null },
      dataset: { ...facts.dataset, counts: [...dataset.counts, photos] },
    },
    features: stackRows([kept, matrixOf(added.features)]),
    names: [...training.names, ...added.names.map((photo) => `${name}/${photo}`)],
    labels: Int32Array.from([...training.labels, ...added.names.map(() => before.labels.length)]),
    groups: training.groups && [
      ...training.groups,
      ...added.names.map((_, i) => 1 + i + Math.max(...training.groups!)),
    ],
  });
  const learned = training.learned ?? training.names.length;
  const fewer =
    learned > kept.rows
      ? [`the head had learned from ${learned} rows, of which the file keeps ${kept.rows}: it learned anew from these`]
      : [];
  return { bytes: relearned, photos, notes: [...added.notes, ...fewer] };
};

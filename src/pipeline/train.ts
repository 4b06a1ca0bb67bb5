import { basename, join } from "node:path";
import { loadModel } from "../artifact/load.ts";
import { isPlainLabel, type ArtifactMetadata } from "../artifact/metadata.ts";
import { keptForNeighbours, writeModel } from "../artifact/write.ts";
import { dataError } from "../base/errors.ts";
import { takeRows } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import type { DataSet } from "../data/dataset.ts";
import { scanDataset } from "../data/scan.ts";
import { evaluateHeads, type HeadResult } from "../evaluate/evaluate-heads.ts";
import type { Evidence } from "../evaluate/evidence.ts";
import { openBackbone, type Backbone } from "./backbone.ts";
import { embedDataset, type Embedded } from "./embed.ts";
import { openFeatureCache } from "./feature-cache.ts";
import { scoreItems, type Score } from "./score.ts";
import { approveModel } from "./open-model.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";
import { markLatest, writeWhole } from "./run-folder.ts";
import { writeResults } from "./write-results.ts";
import { datasetVersion, selectPhotos, type SelectedPhotos } from "./select-photos.ts";

export interface TrainOptions {
  /** Folder or manifest. */
  readonly photos: string;
  /** Folder for the results, made by `makeRunFolder`. */
  readonly out: string;
  readonly backbone: ResolvedBackbone;
  /** Name of the value to take as features. */
  readonly features?: string;
  /** Name of a head, or "auto". */
  readonly head: string;
  readonly seed: number;
  readonly threads?: number;
  /** null: nothing is kept between runs. */
  readonly cacheDir: string | null;
  readonly keepConflicts: boolean;
  /** Stop where something would have been left out. */
  readonly strict: boolean;
  readonly now: Date;
  readonly version: string;
  /** The command line, for the run facts. */
  readonly commandLine: string;
  readonly on?: TrainEvents;
  /** Aborted: training ends with an AbortError and writes nothing. */
  readonly signal?: AbortSignal;
}

export interface TrainEvents {
  scanned?(dataset: DataSet): void;
  opened?(backbone: Backbone): void;
  embedding?(progress: { done: number; total: number; embedded: number }): void;
  embedded?(embedded: Embedded, seconds: number): void;
  selected?(selected: SelectedPhotos): void;
  evaluating?(done: number, total: number): void;
}

export interface TrainResult {
  readonly out: string;
  readonly modelPath: string;
  readonly modelBytes: number;
  readonly dataset: DataSet;
  readonly classes: readonly string[];
  readonly evidence: Evidence;
  /** The score on the test folder; null where there is none. */
  readonly heldOut: Score | null;
  readonly notes: readonly string[];
  readonly seconds: number;
  /** Whether `runs/latest` points at this run. */
  readonly latest: boolean;
}

/** Seconds each stage took, by a monotonic clock. */
const stopwatch = () => {
  const start = performance.now();
  let last = start;
  const stages: { name: string; seconds: number }[] = [];
  return {
    stages,
    lap: (name: string): number => {
      const seconds = (performance.now() - last) / 1000;
      last = performance.now();
      stages.push({ name, seconds });
      return seconds;
    },
    total: () => (performance.now() - start) / 1000,
  };
};

const checkLabels = (dataset: DataSet): void => {
  const markup = dataset.classes.find((name) => !isPlainLabel(name));
  if (markup !== undefined)
    throw dataError(
      "E_LABEL_MARKUP",
      `the class name ${JSON.stringify(markup)} holds markup, which no model file may carry`,
      { hint: "Rename the class." },
    );
  if (dataset.layout === "flat")
    throw dataError("E_NO_LABELS", `${dataset.root}: the photos carry no labels`, {
      hint: "Put them into one folder a class: photos/bolt/1.jpg, photos/nut/2.jpg.",
    });
};

const checkStrict = (dataset: DataSet, embedded: Embedded, selected: SelectedPhotos): void => {
  const unreadable = [...dataset.skipped, ...embedded.audit.unreadable];
  const reasons = [
    ...selected.notes,
    ...(unreadable.length > 0
      ? [`${unreadable.length} files are not usable: ${unreadable[0]!.name} (${unreadable[0]!.reason}), …`]
      : []),
  ];
  if (reasons.length > 0)
    throw dataError("E_STRICT", `--strict: ${reasons.join("; ")}`, {
      hint: "See handful inspect, mend the photos, or run without --strict.",
    });
};

/** Classes that have training photos, renumbered; the others cannot be learned. */
const presentClasses = (
  dataset: DataSet,
  selected: SelectedPhotos,
): { classes: string[]; renumber: Int32Array; missing: string[] } => {
  const present = new Set(selected.training.labels);
  const renumber = new Int32Array(dataset.classes.length).fill(-1);
  const classes = dataset.classes.filter((_, c) => present.has(c));
  dataset.classes.forEach((_, c) => present.has(c) && (renumber[c] = classes.indexOf(dataset.classes[c]!)));
  return { classes, renumber, missing: dataset.classes.filter((_, c) => !present.has(c)) };
};

const metadataOf = (
  options: TrainOptions,
  backbone: Backbone,
  head: HeadResult,
  parts: { classes: string[]; version: string; counts: number[]; training: ArtifactMetadata["training"] },
): Omit<ArtifactMetadata, "vectors"> => {
  const { evidence } = head;
  const { accuracy, balancedAccuracy, calibration, conformal, unknown } = evidence;
  return {
    labels: parts.classes,
    preprocess: backbone.preprocess as ArtifactMetadata["preprocess"],
    thresholds: {
      unknown: unknown?.threshold ?? null,
      setProbability: conformal?.threshold ?? null,
      setLevel: conformal?.level ?? 0.9,
    },
    backbone: {
      name: options.backbone.name,
      sha256: options.backbone.sha256,
      source: options.backbone.source,
      licence: options.backbone.licence,
      features: backbone.found,
    },
    head: {
      name: evidence.selection.method,
      options: { ...evidence.selection.options },
      temperature: calibration?.temperature ?? 1,
    },
    evidence: {
      accuracy: accuracy?.value ?? null,
      interval: accuracy?.interval ? [accuracy.interval.low, accuracy.interval.high] : null,
      balancedAccuracy: balancedAccuracy?.value ?? null,
      method: evidence.protocol.text,
      images: evidence.images,
      falseAcceptRate: unknown?.falseAccept ?? null,
      falseRejectRate: unknown?.falseReject ?? null,
    },
    dataset: { version: parts.version, counts: parts.counts },
    training: parts.training,
    producer: `handful ${options.version}`,
  };
};

/** The score of the written model on the test folder, through the same path as `predict`; null where there is none. */
const scoreOnTest = async (
  bytes: Uint8Array,
  dataset: DataSet,
  { heldOut }: SelectedPhotos,
  renumber: Int32Array,
): Promise<Score | null> => {
  const rows = heldOut
    ? heldOut.items.flatMap((item, row) =>
        renumber[heldOut.labels[row]!]! >= 0
          ? [{ item: dataset.items[item]!, truth: renumber[heldOut.labels[row]!]! }]
          : [],
      )
    : [];
  if (rows.length === 0) return null;
  const model = await loadModel(bytes);
  try {
    return (await scoreItems(model, { items: rows.map((r) => r.item), truth: rows.map((r) => r.truth) })).score;
  } finally {
    await model.close();
  }
};

/** Opens the backbone, embeds every photo, and closes it again: its memory is not needed after. */
const embedPhotos = async (
  options: TrainOptions,
  dataset: DataSet,
): Promise<{ backbone: Backbone; embedded: Embedded }> => {
  const { on = {}, cacheDir, threads, features } = options;
  const backbone = await openBackbone(options.backbone, {
    ...(threads !== undefined && { threads }),
    ...(features !== undefined && { features }),
  });
  try {
    on.opened?.(backbone);
    const cache =
      cacheDir === null ? null : await openFeatureCache(join(cacheDir, "features"), backbone.key, backbone.dim);
    const embedded = await embedDataset(dataset, {
      backbone,
      cache,
      ...(on.embedding && { onProgress: on.embedding }),
      ...(options.signal && { signal: options.signal }),
    });
    return { backbone, embedded };
  } finally {
    await backbone.close();
  }
};

/** The photos a head is learned from, with their classes renumbered to those that have photos. */
interface Lesson {
  readonly dataset: DataSet;
  readonly embedded: Embedded;
  readonly selected: SelectedPhotos;
  readonly classes: string[];
  readonly labels: Int32Array;
}

const learn = (options: TrainOptions, { embedded, selected, classes, labels }: Lesson): Promise<HeadResult> => {
  const { on = {}, threads } = options;
  const { features, groups, items } = selected.training;
  return evaluateHeads({
    features,
    labels,
    groups,
    classes,
    keys: items.map((item) => embedded.audit.facts[item]!.sha256),
    random: createRandom(options.seed),
    heads: options.head === "auto" ? undefined : [options.head],
    ...(threads !== undefined && { threads }),
    onProgress: (done, total) => {
      options.signal?.throwIfAborted();
      on.evaluating?.(done, total);
    },
  });
};

const artifactBytes = (
  options: TrainOptions,
  backbone: Backbone,
  head: HeadResult,
  lesson: Lesson,
): Promise<Uint8Array> => {
  const { dataset, embedded, classes, labels } = lesson;
  const { training } = lesson.selected;
  const kept = keptForNeighbours(labels, backbone.dim);
  const { embedder, domains } = backbone.graph();
  return writeModel({
    embedder,
    domains,
    head: head.graph,
    unknown: head.unknownGraph,
    training: takeRows(training.features, kept),
    metadata: metadataOf(options, backbone, head, {
      classes,
      version: datasetVersion(dataset, embedded),
      counts: classes.map((_, c) => labels.reduce((n, l) => n + (l === c ? 1 : 0), 0)),
      training: {
        names: kept.map((row) => dataset.items[training.items[row]!]!.name),
        labels: kept.map((row) => labels[row]!),
      },
    }),
  });
};

/**
 * From a folder of photos to a model file with its evidence: scan, embed, choose a head by nested cross-validation,
 * fit it on all training photos, and write `model.onnx`, `metrics.json` and `report.html`.
 *
 * The same photos, seed and threads give the same model, bit for bit.
 */
export const train = async (options: TrainOptions): Promise<TrainResult> => {
  const { on = {}, cacheDir, out } = options;
  const watch = stopwatch();
  const dataset = await scanDataset(options.photos);
  checkLabels(dataset);
  on.scanned?.(dataset);
  watch.lap("scan");
  const { backbone, embedded } = await embedPhotos(options, dataset);
  on.embedded?.(embedded, watch.lap("read and embed"));
  const selected = selectPhotos(dataset, embedded, { keepConflicts: options.keepConflicts });
  on.selected?.(selected);
  if (options.strict) checkStrict(dataset, embedded, selected);
  const { classes, renumber, missing } = presentClasses(dataset, selected);
  const labels = selected.training.labels.map((label) => renumber[label]!);
  const lesson: Lesson = { dataset, embedded, selected, classes, labels };
  const head = await learn(options, lesson);
  const { evidence } = head;
  options.signal?.throwIfAborted();
  watch.lap("evaluate and fit");
  const model = await artifactBytes(options, backbone, head, lesson);
  const heldOut = await scoreOnTest(model, dataset, selected, renumber);
  const modelPath = join(out, "model.onnx");
  await writeWhole(modelPath, model);
  if (cacheDir !== null) await approveModel(model, cacheDir);
  watch.lap("write the model");
  const notes = [...selected.notes, ...missing.map((name) => `class "${name}" has no training photo and was left out`)];
  await writeResults({
    out,
    title: titleOf(options.photos),
    dataset,
    embedded,
    selected,
    evidence,
    heldOut,
    backbone,
    model,
    notes,
    seed: options.seed,
    version: options.version,
    commandLine: options.commandLine,
    finishedAt: options.now,
    seconds: watch.total(),
    stages: watch.stages,
  });
  const latest = await markLatest(out);
  return {
    out,
    modelPath,
    modelBytes: model.length,
    dataset,
    classes,
    evidence,
    heldOut,
    notes,
    seconds: watch.total(),
    latest,
  };
};

/** The name a set of photos goes by: its folder's. */
const titleOf = (photos: string): string => basename(photos.replace(/[\\/]+$/, "")) || photos;

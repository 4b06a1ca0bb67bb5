import { basename, join } from "node:path";
import { loadModel } from "../artifact/load.ts";
import { dataError } from "../base/errors.ts";
import type { DataSet } from "../data/dataset.ts";
import { noPolicy } from "../data/policies.ts";
import type { Policy } from "../data/policy.ts";
import { scanDataset } from "../data/scan.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import type { Evidence } from "../evaluate/evidence.ts";
import { weighClasses, type ClassWeights } from "../methods/class-weights.ts";
import type { Backbone } from "./backbone.ts";
import { alignPhotos, checkTarget } from "./align-photos.ts";
import { buildArtifact, type Answerer } from "./build-artifact.ts";
import type { Embedded } from "./embed.ts";
import { checkLabels, embedWith, openEmbedded } from "./embed-photos.ts";
import type { FineTuneOptions, TuningProgress } from "./fine-tune.ts";
import { learnHead } from "./learn-head.ts";
import { learningArms, type AugmentationFacts, type AugmentOptions, type LearningArm } from "./learning-arms.ts";
import { lessonOf, type Lesson } from "./lesson.ts";
import { scoreItems, type Score } from "./score.ts";
import { approveModel } from "./open-model.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";
import { markLatest, writeWhole } from "./run-folder.ts";
import { readReviewed, type Reviewed } from "./reviewed-labels.ts";
import { stopwatch } from "./stopwatch.ts";
import { writeResults } from "./write-results.ts";
import { selectPhotos, versionKept, type SelectedPhotos } from "./select-photos.ts";
import {
  openSynthetic,
  syntheticPictures,
  type SyntheticFacts,
  type SyntheticPictures,
  type SyntheticSet,
} from "./synthetic-pictures.ts";
import { hindranceOf, tuneLesson } from "./tune-lesson.ts";
import {
  checkUnlabelled,
  learnUnlabelled,
  reviewedPool,
  unlabelledPool,
  withNetworks,
  type UnlabelledFacts,
  type UnlabelledOptions,
  type UnlabelledPool,
} from "./unlabelled-photos.ts";
import { writePseudoLabels } from "./write-pseudo-labels.ts";

export interface TrainOptions {
  /** Folder or manifest. */
  readonly photos: string;
  /** Photos whose names match alike are of one part or patient. */
  readonly groupBy?: RegExp;
  /** Folder of pictures made from the photos (`writeSyntheticFolder`), which help learning and are never asked. */
  readonly synthetic?: string;
  /** Folder of unlabelled photos of the place of use: features are aligned with theirs. Not with made or varied photos. */
  readonly target?: string;
  /** Learn from unlabelled photos too, where that proves a gain; absent: not tried. */
  readonly unlabelled?: UnlabelledOptions;
  /** Folder for the results, made by `makeRunFolder`. */
  readonly out: string;
  readonly backbone: ResolvedBackbone;
  /** Name of the value to take as features. */
  readonly features?: string;
  /** Name of a head, or "auto". */
  readonly head: string;
  /** Whether classes of unlike size count alike in learning the head (when absent), or every photo does. */
  readonly classWeights?: ClassWeights;
  /** Vary the photos for the head; absent: they are taken as they are. */
  readonly augment?: AugmentOptions;
  /** Tune the network too, and use it where it beats the frozen features; absent: not tried. */
  readonly fineTune?: FineTuneOptions;
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
  /**
   * Aborted: training ends with an AbortError and writes nothing; during fine-tuning the model with frozen features
   * is already there, and stays.
   */
  readonly signal?: AbortSignal;
}

export interface TrainEvents {
  /** Called now and then with the number of images found so far. */
  scanning?(found: number): void;
  scanned?(dataset: DataSet): void;
  opened?(backbone: Backbone): void;
  embedding?(progress: { done: number; total: number; embedded: number }): void;
  embedded?(embedded: Embedded, seconds: number): void;
  selected?(selected: SelectedPhotos): void;
  synthetic?(pictures: SyntheticPictures): void;
  /** Folds in which unlabelled photos were labelled anew. */
  pseudoLabelling?(done: number, total: number): void;
  /** Photos varied and embedded, over all policies. */
  varying?(done: number, total: number): void;
  evaluating?(done: number, total: number): void;
  /** The model with frozen features is written; what comes now may be broken off. */
  tuning?(result: TrainResult): void;
  tuned?(progress: TuningProgress): void;
}

/** How much a photo of each class counted in learning the head. */
export interface Weighting {
  readonly how: ClassWeights;
  /** By class. */
  readonly weights: readonly number[];
}

export interface TrainResult {
  readonly out: string;
  readonly modelPath: string;
  readonly modelBytes: number;
  readonly dataset: DataSet;
  readonly classes: readonly string[];
  readonly evidence: Evidence;
  readonly weighting: Weighting;
  /** The made pictures that helped learning; null where none were given. */
  readonly synthetic: SyntheticFacts | null;
  /** How photos were varied; null where that was not asked for. */
  readonly augmentation: AugmentationFacts | null;
  /** What became of unlabelled photos; null where none were given. */
  readonly unlabelled: UnlabelledFacts | null;
  /** The score on the test folder; null where there is none. */
  readonly heldOut: Score | null;
  readonly notes: readonly string[];
  readonly seconds: number;
  /** Whether `runs/latest` points at this run. */
  readonly latest: boolean;
}

const checkStrict = (dataset: DataSet, embedded: Embedded, selected: SelectedPhotos): void => {
  const unreadable = [...dataset.skipped, ...embedded.audit.unreadable];
  const dropped = dataset.warnings.filter(({ code }) => code === "W_CLASS_DROPPED" || code === "W_UNLABELLED");
  const reasons = [
    ...dropped.map(({ message }) => message),
    ...selected.notes,
    ...(unreadable.length > 0
      ? [
          `${unreadable.length} ${unreadable.length === 1 ? "file is" : "files are"} not usable: ${unreadable[0]!.name} (${unreadable[0]!.reason})${unreadable.length > 1 ? ", …" : ""}`,
        ]
      : []),
  ];
  if (reasons.length > 0)
    throw dataError("E_STRICT", `--strict: ${reasons.join("; ")}`, {
      hint: "See handful inspect, mend the photos, or run without --strict.",
    });
};

/** The score of the written model on the test folder, through the same path as `predict`; null where there is none. */
const scoreOnTest = async (
  bytes: Uint8Array,
  { dataset, embedded, selected: { heldOut }, renumber }: Lesson,
): Promise<Score | null> => {
  const rows = heldOut
    ? heldOut.items.flatMap((item, row) =>
        renumber[heldOut.labels[row]!]! >= 0 ? [{ item, truth: renumber[heldOut.labels[row]!]! }] : [],
      )
    : [];
  if (rows.length === 0) return null;
  const model = await loadModel(bytes);
  try {
    const { score } = await scoreItems(model, {
      items: rows.map((r) => dataset.items[r.item]!),
      truth: rows.map((r) => r.truth),
      hashes: rows.map((r) => embedded.audit.facts[r.item]?.sha256),
    });
    return score;
  } finally {
    await model.close();
  }
};

const weightingOf = ({ classWeights: how = "balanced" }: TrainOptions, { labels, classes }: Lesson): Weighting => ({
  how,
  weights: [...weighClasses(how, { labels, ways: classes.length })],
});

interface Prepared {
  readonly lesson: Lesson;
  readonly synthetic: SyntheticPictures | null;
  readonly pool: UnlabelledPool | null;
  /** What is to be said of the evidence where features were aligned with another place; null: they were not. */
  readonly alignment: string | null;
  /** The ways in which the head is to learn. */
  readonly arms: readonly [LearningArm, ...LearningArm[]];
}

/** What was read before any photo was embedded. */
interface Scanned {
  readonly dataset: DataSet;
  readonly set: SyntheticSet | null;
  readonly strays: DataSet | null;
  readonly list: readonly Reviewed[] | null;
}

const AS_THEY_ARE: AugmentOptions = { policies: [noPolicy], views: 1, choose: false };

/** Reads and embeds the photos, chooses those to learn from, matches made pictures to them, and varies them. */
const prepare = async (
  options: TrainOptions,
  { dataset, set, strays, list }: Scanned,
  lap: (name: string) => number,
): Promise<Prepared> => {
  const { on = {} } = options;
  const { backbone, embedded } = await openEmbedded(dataset, options);
  try {
    on.embedded?.(embedded, lap("read and embed"));
    const selected = selectPhotos(dataset, embedded, { keepConflicts: options.keepConflicts });
    on.selected?.(selected);
    if (options.strict) checkStrict(dataset, embedded, selected);
    const { target } = options;
    const aligned = target === undefined ? null : await alignPhotos(selected, { ...options, backbone, target });
    if (aligned) lap("align with the place of use");
    const photos = lessonOf({ backbone, dataset, embedded, selected: aligned?.selected ?? selected });
    const synthetic = set && syntheticPictures(set, await embedWith(backbone, set.dataset, options), photos);
    if (synthetic) {
      lap("read and embed made pictures");
      on.synthetic?.(synthetic);
    }
    const lesson = { ...photos, made: synthetic?.made };
    const whole = strays && unlabelledPool(strays, await embedWith(backbone, strays, options), photos);
    const pool = whole && list ? reviewedPool(whole, list, photos) : whole;
    if (pool) lap("read and embed unlabelled photos");
    const arms = await learningArms(options.augment ?? AS_THEY_ARE, lesson, {
      seed: options.seed,
      ...(on.varying && { onProgress: on.varying }),
      ...(options.signal && { signal: options.signal }),
    });
    if (options.augment) lap("vary and embed");
    return { lesson, synthetic, pool, alignment: aligned?.text ?? null, arms: arms as [LearningArm, ...LearningArm[]] };
  } finally {
    await backbone.close();
  }
};

/**
 * From a folder of photos to a model file with its evidence: scan, embed, choose a head by nested cross-validation,
 * fit it on all training photos, and write `model.onnx`, `metrics.json` and `report.html`. With `fineTune` the network
 * is then tuned too, and everything written anew.
 *
 * The same photos, seed and threads give the same model, bit for bit (unless a time limit cuts fine-tuning short).
 */
export const train = async (options: TrainOptions): Promise<TrainResult> => {
  const { on = {}, cacheDir, out, fineTune } = options;
  checkTarget(options);
  checkUnlabelled(options);
  const watch = stopwatch();
  const { photos, groupBy } = options;
  const dataset = await scanDataset(photos, { groupBy, ...(on.scanning && { onProgress: on.scanning }) });
  checkLabels(dataset);
  on.scanned?.(dataset);
  const set = options.synthetic === undefined ? null : await openSynthetic(options.synthetic);
  const strays = options.unlabelled === undefined ? null : await scanDataset(options.unlabelled.folder);
  const reviewed = options.unlabelled?.reviewed;
  const list = reviewed === undefined ? null : await readReviewed(reviewed, dataset.classes);
  watch.lap("scan");
  const { lesson, synthetic, pool, alignment, arms } = await prepare(
    options,
    { dataset, set, strays, list },
    watch.lap,
  );
  const { backbone, embedded, selected } = lesson;
  const weighting = weightingOf(options, lesson);
  const missing = dataset.classes.filter((_, c) => lesson.renumber[c]! < 0);
  const notes = [
    ...selected.notes,
    ...[versionKept(dataset, embedded).note ?? []].flat(),
    ...missing.map((name) => `class "${name}" has no training photo and was left out`),
    ...(synthetic?.notes ?? []),
    ...(pool?.notes ?? []),
  ];

  const write = async (
    head: Answerer,
    network: Policy | null = null,
    unlabelled = more?.facts ?? null,
  ): Promise<TrainResult> => {
    options.signal?.throwIfAborted();
    const { evidence } = head;
    const augmentation = augmentationOf(options, evidence, network);
    const model = await buildArtifact(head, lesson, options);
    const heldOut = await scoreOnTest(model, lesson);
    const modelPath = join(out, "model.onnx");
    await writeWhole(modelPath, model);
    if (cacheDir !== null) await approveModel(model, cacheDir);
    watch.lap("write the model");
    await writeResults({
      out,
      title: titleOf(options.photos),
      dataset,
      embedded,
      selected,
      evidence,
      weighting,
      synthetic: synthetic?.facts ?? null,
      augmentation,
      unlabelled,
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
      classes: lesson.classes,
      evidence,
      weighting,
      synthetic: synthetic?.facts ?? null,
      augmentation,
      unlabelled,
      heldOut,
      notes,
      seconds: watch.total(),
      latest,
    };
  };

  const plain = await learnHead(lesson, arms, {
    ...options,
    weights: weighting.weights,
    ...(on.evaluating && { onProgress: on.evaluating }),
  });
  const more =
    pool &&
    (await learnUnlabelled(plain, pool, lesson, {
      ...options,
      ...options.unlabelled!,
      ...(on.pseudoLabelling && { onProgress: on.pseudoLabelling }),
    }));
  if (pool && more && more.labels.length > 0)
    await writePseudoLabels(more.labels, { out, dataset: pool.dataset, window: backbone.preprocess.window });
  const learned = more?.head ?? plain;
  const head = alignment === null ? learned : withWarning(learned, alignment);
  watch.lap("evaluate and fit");
  if (!fineTune) return write(head);
  const hindrance = hindranceOf(lesson);
  if (hindrance !== null) {
    notes.push(hindrance);
    return write(head);
  }
  if (synthetic) notes.push("made pictures helped the head on frozen features alone: the network is tuned on photos");
  on.tuning?.(await write(head));
  const tuned = await tuneLesson(lesson, head, {
    ...options,
    fineTune,
    photosAlone: plain,
    unlabelled: more?.forTuning ?? null,
    folder: join(out, "checkpoints"),
    ...(on.tuned && { onProgress: on.tuned }),
  });
  watch.lap("fine-tune");
  return write(tuned, fineTune.policy ?? null, withNetworks(more?.facts ?? null, tuned));
};

/** A head with one more thing to say wherever its accuracy stands. */
const withWarning = (head: HeadResult, text: string): HeadResult => ({
  ...head,
  evidence: { ...head.evidence, warnings: [...head.evidence.warnings, text] },
});

/** How photos were varied: for the head by the one policy given or chosen, for the network by its own. */
const augmentationOf = (
  { augment }: TrainOptions,
  { augmentation }: Evidence,
  network: Policy | null,
): AugmentationFacts | null => {
  if (!augment) return null;
  const used = augment.choose ? augment.policies.find(({ name }) => name === augmentation?.used) : augment.policies[0];
  const policy = used ?? noPolicy;
  const views = policy.steps.length === 0 ? 0 : augment.views;
  const head =
    views === 0
      ? "the head learned from photos as they are"
      : `the head learned from ${views} varied views of every photo beside it (${policy.name})`;
  const both = network ? `${head}, the network from photos varied anew (${network.name})` : head;
  return { policy, views, network, text: augmentation ? `${augmentation.text} So ${both}.` : `${both}.` };
};

/** The name a set of photos goes by: its folder's. */
const titleOf = (photos: string): string => basename(photos.replace(/[\\/]+$/, "")) || photos;

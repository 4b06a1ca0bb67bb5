import { dataError, optionError } from "../base/errors.ts";
import { createRandom, type Random } from "../base/random.ts";
import type { DataSet } from "../data/dataset.ts";
import type { Policy } from "../data/policy.ts";
import { scanDataset } from "../data/scan.ts";
import { compareArms, recommendArm, type ArmAnswers } from "../evaluate/ablation.ts";
import type { Arm } from "../evaluate/evidence.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { checkLabels, openEmbedded, type EmbedPhotosOptions, type EmbeddedPhotos } from "./embed-photos.ts";
import { headLearner, scratchLearner, tuningLearner, type Learner, type LearnerTask } from "./learners.ts";
import { lessonOf, type Lesson } from "./lesson.ts";
import { plural, selectPhotos } from "./select-photos.ts";
import { foldsOf } from "./tune-rows.ts";

/** What learns: a head on frozen features, the network tuned too, or a small network from random weights. */
export type Learns =
  | { readonly kind: "head"; readonly method: string; readonly views: number }
  | { readonly kind: "fine-tune"; readonly last: number | "all"; readonly epochs: number }
  | { readonly kind: "from-scratch"; readonly side: number; readonly epochs: number };

export interface AblateOptions extends EmbedPhotosOptions {
  /** Folder or manifest. */
  readonly photos: string;
  readonly learns: Learns;
  /** The first is the baseline. */
  readonly policies: readonly Policy[];
  readonly folds: number;
  /** Cross-validations, each with folds and seed of its own. */
  readonly repeats: number;
  readonly seed: number;
  readonly on?: EmbedPhotosOptions["on"] & {
    scanned?(dataset: DataSet): void;
    learning?(done: number, total: number, policy: string): void;
  };
}

export interface Ablation {
  /** What learned, for people. */
  readonly learner: string;
  readonly photos: number;
  readonly classes: number;
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
  readonly policies: readonly Policy[];
  readonly arms: readonly Arm[];
  /** Name of the policy to use. */
  readonly recommended: string;
  readonly recommendation: string;
}

const learnerOf = (learns: Learns, task: LearnerTask): Learner => {
  if (learns.kind === "fine-tune") return tuningLearner(task, learns);
  if (learns.kind === "from-scratch") return scratchLearner(task, learns);
  const method = fewShotMethods.find(({ name }) => name === learns.method)!;
  return headLearner(task, { method, views: learns.views, backbone: task.lesson.backbone });
};

interface Round {
  readonly folds: Int32Array;
  readonly random: Random;
}

const roundsOf = ({ labels, keys, classes, selected }: Lesson, { folds, repeats, seed }: AblateOptions): Round[] => {
  const labelled = { labels, keys, groups: selected.training.groups, ways: classes.length };
  const rows = Array.from(labels.keys());
  return Array.from({ length: repeats }, (_, repeat) => {
    const random = createRandom(seed).fork(`ablation ${repeat}`);
    return { folds: foldsOf(labelled, { rows, folds, random: random.fork("folds") }), random };
  });
};

const sentence = (arms: readonly Arm[], best: Arm, photos: number): string => {
  const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;
  if (best.difference === null)
    return `No augmentation proved a gain on these ${plural(photos, "photo")}: every difference may be chance. Train without, or with more photos ask again.`;
  const { mean, interval } = best.difference;
  return `${best.name} proved a gain of ${points(mean)} points (${points(interval.low)} to ${points(interval.high)}): of ${arms.length - 1} tried it gained most among those beyond chance.`;
};

const checkFolds = ({ labels, classes, selected }: Lesson, folds: number): void => {
  const few = classes.findIndex(
    (_, c) => new Set(selected.training.groups.filter((_group, i) => labels[i] === c)).size < 2,
  );
  if (few >= 0)
    throw dataError("E_FEW_PHOTOS", `class "${classes[few]!}" has fewer than 2 photos of different scenes`, {
      hint: "An ablation holds photos out in turn: add photos, or leave the class out.",
    });
  const groups = new Set(selected.training.groups).size;
  if (folds > groups)
    throw optionError(`--folds ${folds}: there are ${groups} different photos`, { hint: "Give fewer folds." });
};

/**
 * Whether augmentation helps on these photos: the same learning under every policy, on the same folds and seeds,
 * compared with the first policy photo by photo.
 *
 * The same photos, options and threads give the same figures.
 */
export const ablate = async (options: AblateOptions): Promise<Ablation> => {
  const { on = {}, policies, folds, repeats, seed, threads, signal } = options;
  const dataset = await scanDataset(options.photos);
  checkLabels(dataset);
  on.scanned?.(dataset);
  const found = await openEmbedded(dataset, options);
  try {
    const lesson = lessonFrom(dataset, found);
    checkFolds(lesson, folds);
    const { labels } = lesson;
    const rounds = roundsOf(lesson, options);
    const learner = learnerOf(options.learns, {
      lesson,
      seed,
      ...(threads !== undefined && { threads }),
      ...(signal && { signal }),
    });
    const total = policies.length * rounds.length * folds;
    let done = 0;
    const answersUnder = async (policy: Policy): Promise<ArmAnswers> => {
      const right = new Float64Array(labels.length);
      const learning = await learner.under(policy);
      try {
        for (const { folds: own, random } of rounds)
          for (let fold = 0; fold < folds; fold++) {
            signal?.throwIfAborted();
            const of = (held: boolean): number[] => [...labels.keys()].filter((i) => (own[i] === fold) === held);
            const asked = of(true);
            const answers = await learning.answer(of(false), asked, random.fork(`fold ${fold}`));
            asked.forEach((row, i) => (right[row]! += answers[i] === labels[row] ? 1 / repeats : 0));
            on.learning?.(++done, total, policy.name);
          }
      } finally {
        await learning.close();
      }
      return { name: policy.name, right };
    };
    const answers: ArmAnswers[] = [];
    for (const policy of policies) answers.push(await answersUnder(policy));
    const arms = compareArms(
      answers as [ArmAnswers, ...ArmAnswers[]],
      lesson.selected.training.groups,
      createRandom(seed).fork("sign flips"),
    );
    const best = recommendArm(arms);
    return {
      learner: learner.text,
      photos: labels.length,
      classes: lesson.classes.length,
      folds,
      repeats,
      seed,
      policies,
      arms,
      recommended: best.name,
      recommendation: sentence(arms, best, labels.length),
    };
  } finally {
    await found.backbone.close();
  }
};

/** Training photos alone: a test folder has no say in what is chosen. */
const lessonFrom = (dataset: DataSet, { backbone, embedded }: EmbeddedPhotos): Lesson =>
  lessonOf({ backbone, dataset, embedded, selected: selectPhotos(dataset, embedded, { keepConflicts: false }) });

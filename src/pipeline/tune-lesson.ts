import { createRandom } from "../base/random.ts";
import { contest } from "../evaluate/contest.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import { hasManyScores } from "../methods/many-classes.ts";
import type { Answerer } from "./build-artifact.ts";
import { FEWEST_TO_TUNE, openTuning, type FineTuneOptions, type TuningProgress } from "./fine-tune.ts";
import type { Lesson } from "./lesson.ts";

export interface TuneLessonOptions {
  readonly fineTune: FineTuneOptions;
  readonly seed: number;
  /** Folder for checkpoints. */
  readonly folder: string;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TuningProgress) => void;
}

/** Why the network is not tuned although it was asked for; null where it can be. */
export const hindranceOf = ({ labels, selected, classes }: Lesson): string | null => {
  if (hasManyScores(labels.length, classes.length))
    return `not fine-tuned: ${labels.length} photos of ${classes.length} classes are too many to judge each by both`;
  const few = classes.filter(
    (_, c) => new Set(selected.training.groups.filter((_, i) => labels[i] === c)).size < FEWEST_TO_TUNE,
  );
  return few.length === 0
    ? null
    : `not fine-tuned: class "${few[0]}" has fewer than ${FEWEST_TO_TUNE} photos of different scenes`;
};

/** Tunes the network and sets it against the head on frozen features, which is kept where it is not beaten. */
export const tuneLesson = async (
  lesson: Lesson,
  head: HeadResult,
  { fineTune, seed, folder, threads, signal, onProgress }: TuneLessonOptions,
): Promise<Answerer> => {
  const { backbone, dataset, selected, classes, labels, keys } = lesson;
  const { items, groups } = selected.training;
  const tuning = await openTuning({
    backbone,
    dataset,
    items,
    labels,
    groups,
    keys,
    ways: classes.length,
    options: fineTune,
    random: createRandom(seed).fork("fine-tuning"),
    folder,
    ...(threads !== undefined && { threads }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  let done = false;
  try {
    const { won, evidence } = await contest(head, await tuning.crossValidate());
    const emit = won === "rival" ? await tuning.finish() : null;
    done = true;
    return { ...head, evidence, graph: emit ?? head.graph };
  } finally {
    await tuning.close(done);
  }
};

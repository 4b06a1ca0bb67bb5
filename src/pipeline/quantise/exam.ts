import type { Model } from "../../artifact/load.ts";
import type { Random } from "../../base/random.ts";
import { groupItems, nearDuplicatesByEmbedding } from "../../data/duplicates.ts";
import { stratifiedGroupKFold } from "../../data/splits.ts";
import type { Algebra } from "../../methods/algebra.ts";
import { SAME_SCENE } from "../select-photos.ts";
import { askModel, type Answers } from "./ask.ts";
import type { Said } from "./measure.ts";
import { headOf, relearnHeads, type OutOfFold } from "./relearned-heads.ts";
import type { AskedPhotos } from "./select-pictures.ts";

const FOLDS = 5;

/** The photos asked, in folds, with what the model in floats says of them. */
export interface Exam {
  readonly asked: AskedPhotos;
  readonly groups: Int32Array;
  readonly folds: Int32Array;
  /** null: the model's own answers count. */
  readonly outOfFold: OutOfFold | null;
  readonly before: Said;
  /** How many of them the model had learned from. */
  readonly learned: number;
  readonly notes: readonly string[];
}

/** What a model says, of photos that it learned from by heads that did not. */
export const sayOf = async (answers: Answers, outOfFold: OutOfFold | null): Promise<Said> => ({
  probabilities: outOfFold ? await outOfFold(answers) : answers.probabilities,
  unknown: answers.unknown,
});

/**
 * Asks the model in floats about the photos and deals them into folds, near-copies and groups on one side; where it
 * learned from them its head is learned again for every fold.
 */
export const openExam = async (
  model: Model,
  asked: AskedPhotos,
  {
    random,
    algebra,
    onProgress,
  }: { random: Random; algebra: Algebra; onProgress: ((done: number, total: number) => void) | undefined },
): Promise<Exam> => {
  const { metadata } = model;
  const { photos, labels } = asked;
  const answers = await askModel(model, photos, onProgress);
  // photos of another folder may bear the same names: one that was learned from is most like itself
  const learned = asked.maybeLearned.map((maybe, i) => maybe && answers.nearest[i]!.includes(photos.name(i)));
  const pairs = nearDuplicatesByEmbedding(answers.embeddings, SAME_SCENE);
  const groups = groupItems({ count: photos.count, declared: asked.groups, pairs });
  const folds = stratifiedGroupKFold({
    labels,
    groups,
    folds: Math.min(FOLDS, new Set(groups).size),
    random: random.fork("folds"),
    keys: Array.from({ length: photos.count }, (_, i) => photos.name(i)),
  });
  const method = learned.includes(true) ? headOf(metadata) : null;
  const { embeddings } = answers;
  const outOfFold = method && (await relearnHeads({ metadata, method, embeddings, labels, folds, learned, algebra }));
  const known = learned.filter(Boolean).length;
  const notes =
    known > 0 && !outOfFold
      ? [
          `the model learned from ${known} of these photos and its head cannot be learned again without them: both accuracies flatter, and the loss on new photos may be larger`,
        ]
      : [];
  return { asked, groups, folds, outOfFold, before: await sayOf(answers, outOfFold), learned: known, notes };
};

import type { Model } from "../artifact/load.ts";
import { dataError } from "../base/errors.ts";
import { argmax } from "../base/matrix.ts";
import type { DataSet, Item } from "../data/dataset.ts";
import { checkPhotographed } from "../data/scan.ts";
import type { Interval } from "../evaluate/evidence.ts";
import { wilson } from "../evaluate/intervals.ts";
import {
  accuracyOf,
  balancedAccuracyOf,
  confusionOf,
  expectedCalibrationError,
  recallsOf,
  reliabilityBins,
  tableOf,
} from "../evaluate/metrics.ts";
import { hasManyScores } from "../methods/many-classes.ts";
import { picturesOf, predictPictures } from "./predict.ts";

/** How well a model does on labelled photos. */
export interface Score {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  /** Wilson's 95 % interval of the accuracy. */
  readonly interval: Interval;
  /** Expected calibration error. */
  readonly ece: number;
  /** Photos scored. */
  readonly n: number;
  /** Share of the photos that were called unknown; they count in the accuracy by their likeliest class. */
  readonly unknownRate: number;
  readonly perClass: readonly {
    readonly name: string;
    readonly images: number;
    readonly recall: number | null;
    readonly interval: Interval;
  }[];
  /** [truth][predicted]; null where that is too large a table. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/** What the model said of one photo. */
interface Scored {
  readonly truth: number;
  /** The likeliest class, with its probability. */
  readonly predicted: number;
  readonly confidence: number;
  readonly unknown: boolean;
}

/** Scores answers against the truth. */
const scoreAnswers = (classes: readonly string[], answers: readonly Scored[]): Score => {
  const truth = answers.map((a) => a.truth);
  const predicted = answers.map((a) => a.predicted);
  const confusion = confusionOf(truth, [predicted], classes.length);
  const recalls = recallsOf(confusion);
  const accuracy = accuracyOf(confusion);
  return {
    accuracy,
    balancedAccuracy: balancedAccuracyOf(confusion),
    interval: wilson(accuracy * truth.length, truth.length),
    ece: expectedCalibrationError(
      reliabilityBins(answers.map(({ confidence, ...a }) => ({ confidence, right: a.predicted === a.truth }))),
    ),
    n: truth.length,
    unknownRate: answers.filter((a) => a.unknown).length / truth.length,
    perClass: classes.map((name, c) => {
      const images = [...confusion[c]!.values()].reduce((sum, n) => sum + n, 0);
      return { name, images, recall: recalls[c]!, interval: wilson(confusion[c]!.get(c) ?? 0, images) };
    }),
    confusion: hasManyScores(truth.length, classes.length) ? null : tableOf(confusion),
  };
};

/** Photos with the class (index into the model's labels) each shows. */
export interface LabelledItems {
  readonly items: readonly Item[];
  readonly truth: readonly number[];
  /** sha256 that each file must still have; absent: whatever is there now. */
  readonly hashes?: readonly (string | undefined)[];
}

/**
 * Asks the model about photos whose class is known; those that cannot be read are counted, not scored.
 *
 * @returns a null score when none could be read
 */
export const scoreItems = async (
  model: Model,
  photos: LabelledItems,
  onProgress?: (done: number, total: number) => void,
): Promise<{ score: Score | null; unreadable: number }> => {
  const answers: Scored[] = [];
  let done = 0;
  for await (const answer of predictPictures(model, picturesOf(photos.items, photos.hashes))) {
    if ("prediction" in answer) {
      const { probabilities, probability, label } = answer.prediction;
      const predicted = argmax(probabilities);
      answers.push({ truth: photos.truth[done]!, predicted, confidence: probability, unknown: label === null });
    }
    done++;
    onProgress?.(done, photos.items.length);
  }
  const score = answers.length === 0 ? null : scoreAnswers(model.metadata.labels, answers);
  return { score, unreadable: done - answers.length };
};

/** Refuses photos of which none has a label. */
export const checkLabelled = ({ root, items }: DataSet, labels: readonly string[]): void => {
  if (items.some((item) => item.label !== null)) return;
  const examples = labels.slice(0, 2).map((label, i) => `photos/${label}/${i + 1}.jpg`);
  throw dataError("E_NO_LABELS", `${root}: the photos carry no labels, so there is nothing to score against`, {
    hint: `Put them into one folder a class, named like the model's: ${examples.join(", ")}; or give a manifest with the columns file_name,label.`,
  });
};

/** Says so where photos look like those the model was trained on. */
const trainedNotes = (items: readonly Item[], names: readonly string[]): string[] => {
  const known = new Set(names);
  const trained = items.filter((item) => known.has(item.name)).length;
  return trained === 0
    ? []
    : [
        `${trained} of the ${items.length} photos bear the names of photos the model was trained on: if they are the same, the score says nothing of new ones`,
      ];
};

/**
 * Scores a model on a labelled data set; classes are matched by name, classes the model does not know are dropped and
 * counted in the notes. The test split alone is used where there is one.
 *
 * @throws dataError E_SYNTHETIC when the pictures were made; E_NO_LABELS when no photo has one; E_NOTHING_TO_SCORE when no photo of a known class can be read
 */
export const scoreModel = async (
  model: Model,
  dataset: DataSet,
  onProgress?: (done: number, total: number) => void,
): Promise<{ score: Score; notes: string[] }> => {
  const { labels, training } = model.metadata;
  checkPhotographed(dataset);
  checkLabelled(dataset, labels);
  const notes = dataset.warnings.flatMap(({ code, message }) => (code === "W_CLASS_DROPPED" ? [message] : []));
  const hasTest = dataset.items.some((item) => item.split === "test");
  if (hasTest) notes.push("only the test folder is scored");
  const labelled = dataset.items.filter((item) => item.label !== null && (!hasTest || item.split === "test"));
  const indexOf = new Map(labels.map((label, c) => [label, c]));
  const items = labelled.filter((item) => indexOf.has(item.label!));
  if (items.length < labelled.length)
    notes.push(`${labelled.length - items.length} photos of classes the model does not know were dropped`);
  notes.push(...trainedNotes(items, training.names));
  const { score, unreadable } = await scoreItems(
    model,
    { items, truth: items.map((item) => indexOf.get(item.label!)!) },
    onProgress,
  );
  if (unreadable > 0) notes.push(`${unreadable} photos could not be read`);
  if (!score)
    throw dataError("E_NOTHING_TO_SCORE", `${dataset.root}: no readable photo of a class the model knows`, {
      hint: `The model knows: ${labels.slice(0, 10).join(", ")}${labels.length > 10 ? ", …" : ""}. Class = folder name.`,
    });
  return { score, notes };
};

import type { Model, Prediction } from "../artifact/load.ts";
import { dataError, optionError } from "../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { strategyOf } from "../methods/choose-strategy.ts";
import { transformed } from "../methods/few-shot/_shared.ts";
import { expectedGain, type ExpectedGain } from "./expected-gain.ts";
import { readRunMetrics } from "./run-metrics.ts";
import { SAME_SCENE } from "./select-photos.ts";
import { picturesOf, predictPictures } from "./predict.ts";
import type { Item } from "../data/dataset.ts";

/** A photo worth labelling. */
export interface Suggestion {
  readonly name: string;
  /** For people: "torn between bolt and rivet". */
  readonly reason: string;
  readonly likeliest: string;
  readonly probability: number;
}

export interface Suggestions {
  readonly strategy: string;
  readonly photos: number;
  readonly unreadable: number;
  /** Photos that look like one that is labelled, and are not suggested. */
  readonly known: number;
  readonly suggestions: readonly Suggestion[];
  /** null: the model file stands alone, or too few photos were there for a curve. */
  readonly gain: ExpectedGain | null;
  /** For people: when to stop. */
  readonly stop: string;
}

/** Probability of the second likeliest class, in parts of the likeliest's, from which on a photo is torn between both. */
const TORN = 0.5;

/** Why a photo is worth a label. */
export const reasonFor = ({ label, probabilities, nearest }: Prediction, labels: readonly string[]): string => {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  const [first, second] = [order[0]!, order[1]!];
  if (label === null) return `unlike anything labelled (nearest: ${nearest[0]!.name})`;
  if (probabilities[second]! >= TORN * probabilities[first]!)
    return `torn between ${labels[first]!} and ${labels[second]!}`;
  if (probabilities[first]! < TORN) return `not sure of ${labels[first]!}, nor of any other class`;
  return `unlike the other suggestions and the labelled photos (likely ${labels[first]!})`;
};

const stopText = (gain: ExpectedGain | null, doubtful: number, asked: number): string => {
  if (doubtful === 0) return "Stop: of no photo of the pool is the model in doubt.";
  const left = `${doubtful} of ${asked} photos leave the model in doubt`;
  if (gain?.enough) return `Stop after these: twice the photos would likely bring less than a point; ${left}.`;
  return `Go on: ${left}. Stop once twice the photos would bring less than a point, or none is in doubt.`;
};

/** Photos as the strategies see them. */
const seen = (predictions: readonly Prediction[]): { answers: Matrix; features: Matrix } => {
  const answers = matrix(predictions.length, predictions[0]!.probabilities.length);
  const features = matrix(predictions.length, predictions[0]!.embedding.length);
  predictions.forEach(({ probabilities, embedding }, i) => {
    rowOf(answers, i).set(probabilities);
    rowOf(features, i).set(embedding);
  });
  return { answers, features: transformed(features, new Float32Array(0), true) };
};

export interface SuggestOptions {
  readonly model: Model;
  readonly modelPath: string;
  readonly items: readonly Item[];
  readonly count: number;
  readonly strategy: string;
  readonly seed: number;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

const ask = async ({ model, items, onProgress }: SuggestOptions) => {
  const known: { name: string; prediction: Prediction }[] = [];
  let [done, unreadable] = [0, 0];
  for await (const answer of predictPictures(model, picturesOf(items))) {
    if ("prediction" in answer) known.push(answer);
    else unreadable++;
    onProgress?.(++done, items.length);
  }
  return { known, unreadable };
};

/**
 * The photos of a pool that are most worth labelling next, with the reason for each.
 *
 * Photos that look like a labelled one are not suggested. Memory: embeddings and answers, no pixels beyond a batch.
 * @throws E_OPTION for an unknown strategy, or one that needs several heads; dataError E_POOL_EMPTY where no photo is left
 */
export const suggest = async (options: SuggestOptions): Promise<Suggestions> => {
  const { model, modelPath, items, count, seed, threads } = options;
  const { labels, training } = model.metadata;
  const strategy = strategyOf(options.strategy, { labelled: training.names.length, ways: labels.length });
  if (strategy.needs === "several")
    throw optionError(`--strategy ${strategy.name} needs several heads, and a model file holds one`, {
      hint: "Take uncertainty-diversity or margin.",
    });
  const { known, unreadable } = await ask(options);
  const fresh = known.filter(({ prediction }) => prediction.nearest[0]!.similarity < SAME_SCENE);
  if (fresh.length === 0)
    throw dataError(
      "E_POOL_EMPTY",
      `the pool holds no photo that is readable and not labelled yet (of ${items.length})`,
      {
        hint: "Give a folder of new photos.",
      },
    );
  const predictions = fresh.map(({ prediction }) => prediction);
  const { answers, features } = seen(predictions);
  const algebra = openAlgebra(threads);
  try {
    const picked = await strategy.pick({
      answers: [answers],
      features,
      nearness: Float64Array.from(predictions, ({ nearest }) => nearest[0]!.similarity),
      labelled: training.names.length,
      count: Math.min(count, fresh.length),
      random: createRandom(seed).fork("suggest"),
      algebra,
    });
    const gain = expectedGain(await readRunMetrics(modelPath), count);
    const doubtful = predictions.filter(({ set, label }) => label === null || set.length > 1).length;
    return {
      strategy: strategy.name,
      photos: fresh.length,
      unreadable,
      known: known.length - fresh.length,
      suggestions: [...picked].map((row) => {
        const { name, prediction } = fresh[row]!;
        const { likeliest, probability } = prediction;
        return { name, reason: reasonFor(prediction, labels), likeliest, probability };
      }),
      gain,
      stop: stopText(gain, doubtful, fresh.length),
    };
  } finally {
    await algebra.close();
  }
};

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Model, Prediction } from "../artifact/load.ts";
import { dataError, optionError } from "../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { strategyOf } from "../methods/choose-strategy.ts";
import { transformed } from "../methods/few-shot/_shared.ts";
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

/** What labelling is likely to bring, by the learning curve of the model's run. */
export interface ExpectedGain {
  /** In accuracy, by labelling as many photos as are suggested; within the limits at 95 %. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Whether labelling twice as many photos as there are is likely to bring less than a point. */
  readonly enough: boolean;
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

const figure = z.object({ value: z.number(), interval: z.object({ low: z.number(), high: z.number() }).nullable() });
const metricsSchema = z.object({
  evidence: z.object({
    images: z.number(),
    accuracy: figure.nullable(),
    learningCurve: z.object({ forecast: z.array(z.object({ factor: z.number(), accuracy: figure })) }).nullable(),
  }),
});

/** Gain in accuracy by twice the photos below which labelling is no longer worth it. */
const WORTH = 0.01;

const parsedFrom = (text: string, modelPath: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw dataError("E_METRICS", `${join(dirname(modelPath), "metrics.json")}: wanted JSON, got other text`, {
      hint: "Train again, or move the model into a folder of its own.",
      cause,
    });
  }
};

/** What the run beside the model forecasts; between as many photos as there are and twice as many, by their logarithm. */
const expectedGain = async (modelPath: string, count: number): Promise<ExpectedGain | null> => {
  const text = await readFile(join(dirname(modelPath), "metrics.json"), "utf8").catch(() => null);
  if (text === null) return null;
  const parsed = metricsSchema.safeParse(parsedFrom(text, modelPath));
  const { accuracy, learningCurve, images } = parsed.success ? parsed.data.evidence : {};
  const twice = learningCurve?.forecast.find(({ factor }) => factor === 2)?.accuracy;
  if (!accuracy || !twice?.interval || !images) return null;
  const part = Math.min(1, Math.log2(1 + count / images));
  const by = (share: number): number => part * (share - accuracy.value);
  return {
    value: by(twice.value),
    low: by(twice.interval.low),
    high: by(twice.interval.high),
    enough: twice.value - accuracy.value < WORTH,
  };
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
    const gain = await expectedGain(modelPath, count);
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

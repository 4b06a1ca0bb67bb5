import { argmax, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { checkEpisodes, sampleEpisode, type Episode, type EpisodeOptions } from "../data/episodes.ts";
import type { Algebra } from "../methods/algebra.ts";
import type { Method } from "../methods/method.ts";
import type { Interval } from "./evidence.ts";
import { meanInterval } from "./intervals.ts";

/** How well a method does on episodes drawn by lot. */
export interface EpisodesScore {
  readonly method: string;
  readonly transductive: boolean;
  /** Mean over episodes of the share of queries answered rightly. */
  readonly accuracy: number;
  /** Student's 95 % interval of that mean. */
  readonly interval: Interval;
  /** Median time of `fit` and `predict` together, in milliseconds. */
  readonly msPerEpisode: number;
}

export interface OverEpisodesOptions {
  /** [images, dim], finite. */
  readonly features: Matrix;
  readonly labels: Int32Array;
  readonly methods: readonly Method[];
  readonly episode: EpisodeOptions;
  /** At least 2. */
  readonly episodes: number;
  /** The same gives the same episodes, whatever the methods. */
  readonly random: Random;
  /** The time in milliseconds. */
  readonly now: () => number;
  readonly onEpisode?: (done: number) => void;
  readonly signal?: AbortSignal;
}

const accuracyOf = (scores: Matrix, { queryLabels }: Episode): number => {
  let right = 0;
  queryLabels.forEach((label, i) => (right += argmax(rowOf(scores, i)) === label ? 1 : 0));
  return right / queryLabels.length;
};

const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

/**
 * Methods with their defaults on the same episodes, drawn by lot from images that are embedded already.
 *
 * @returns one score a method, in the order given
 * @throws optionError; dataError E_FEW_CLASSES, E_FEW_PHOTOS (`checkEpisodes`)
 */
export const overEpisodes = async (options: OverEpisodesOptions, algebra: Algebra): Promise<EpisodesScore[]> => {
  const { features, labels, methods, episode: wanted, episodes, random, now, onEpisode, signal } = options;
  checkEpisodes(labels, wanted);
  const accuracies: number[][] = methods.map(() => []);
  const times: number[][] = methods.map(() => []);
  for (let e = 0; e < episodes; e++) {
    signal?.throwIfAborted();
    const episode = sampleEpisode(labels, wanted, random.fork(`episode ${e}`));
    const support = {
      features: takeRows(features, episode.support),
      labels: episode.supportLabels,
      ways: wanted.ways,
    };
    const queries = takeRows(features, episode.queries);
    for (const [m, method] of methods.entries()) {
      const start = now();
      const state = await method.fit(support, method.defaults, algebra);
      const scores = await method.predict(state, queries, algebra);
      times[m]!.push(now() - start);
      accuracies[m]!.push(accuracyOf(scores, episode));
    }
    onEpisode?.(e + 1);
  }
  return methods.map(({ name, transductive }, m) => ({
    method: name,
    transductive,
    accuracy: accuracies[m]!.reduce((a, b) => a + b) / episodes,
    interval: meanInterval(accuracies[m]!),
    msPerEpisode: medianOf(times[m]!),
  }));
};

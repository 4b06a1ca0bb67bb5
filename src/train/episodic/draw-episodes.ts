import { shuffled, type Random } from "../../base/random.ts";
import { sampleEpisode } from "../../data/episodes.ts";
import type { Photos } from "../activations.ts";
import type { EpisodeShape } from "./episode-graph.ts";

/** Pictures that episodes are drawn from. */
export interface EpisodeSet {
  readonly photos: Photos;
  /** Class of every photo. */
  readonly labels: Int32Array;
}

/**
 * The photos of a step's episodes, by index, in the order of the graph's input.
 *
 * Classes come in an order drawn by lot: a learner whose head knows the ways by number (MAML) must not find the same
 * class always at the same one (Yin et al. 2020, Meta-learning without memorization).
 */
export const drawEpisodes = (labels: Int32Array, shape: EpisodeShape, random: Random): number[] => {
  const { ways, shots, queries, tasks = 1 } = shape;
  return Array.from({ length: tasks }, (_, i) => {
    const draw = random.fork(i);
    const episode = sampleEpisode(labels, { ways, shots, queries }, draw);
    const order = shuffled(
      Array.from({ length: ways }, (_way, way) => way),
      draw,
    );
    const ordered = (rows: Int32Array, each: number): number[] =>
      order.flatMap((way) => [...rows.subarray(way * each, (way + 1) * each)]);
    return [...ordered(episode.support, shots), ...ordered(episode.queries, queries)];
  }).flat();
};

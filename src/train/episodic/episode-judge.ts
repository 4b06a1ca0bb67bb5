import { argmax } from "../../base/matrix.ts";
import type { Random } from "../../base/random.ts";
import type { Tensor } from "../../graph/dtype.ts";
import type { Scope } from "../../nn/layers/scope.ts";
import { openGraph, type GraphSessionOptions } from "../../runtime/graph-session.ts";
import { pixelSource } from "../activations.ts";
import { drawEpisodes, type EpisodeSet } from "./draw-episodes.ts";
import { buildEpisodes, PIXELS, type EpisodeShape } from "./episode-graph.ts";
import type { Learner } from "./learner.ts";

/** How a learner fared on episodes. */
export interface Verdict {
  /** Share of its queries that were right, for every episode. */
  readonly accuracies: readonly number[];
  /** Mean over all queries. */
  readonly loss: number;
}

/** Asks a learner episodes with given weights. Must be closed. */
export interface EpisodeJudge {
  /** The same seed asks the same episodes. */
  ask(weights: Readonly<Record<string, Tensor>>, episodes: number, random: Random): Promise<Verdict>;
  close(): Promise<void>;
}

export interface JudgeOptions extends GraphSessionOptions {
  readonly shape: EpisodeShape;
  /** What normalisations use: "inference" running moments, "training" those of the episode itself. */
  readonly phase: Scope["phase"];
  /** The one that the training had, for the names of parameters. */
  readonly random: Random;
}

/** Compiles a learner for episodes of one shape. */
export const openJudge = async (
  learner: Learner,
  { photos, labels }: EpisodeSet,
  { shape, phase, random, ...session }: JudgeOptions,
): Promise<EpisodeJudge> => {
  const { g, scores, losses } = buildEpisodes(learner, shape, { phase, random });
  g.output(scores, "scores");
  g.output(losses, "losses");
  const opened = await openGraph(g, session);
  const source = pixelSource(photos, [1, ...shape.picture]);
  const { ways, queries, tasks = 1 } = shape;
  const rightIn = (answers: Float32Array, task: number): number => {
    let right = 0;
    for (let i = 0; i < ways * queries; i++) {
      const row = task * ways * queries + i;
      right += Number(argmax(answers.subarray(row * ways, (row + 1) * ways)) === Math.floor(i / queries));
    }
    return right / (ways * queries);
  };
  return {
    ask: async (weights, episodes, draws) => {
      const known = Object.fromEntries(opened.inputNames.flatMap((n) => (weights[n] ? [[n, weights[n]]] : [])));
      const accuracies: number[] = [];
      let loss = 0;
      for (let run = 0; run * tasks < episodes; run++) {
        const rows = drawEpisodes(labels, shape, draws.fork(run));
        const pixels = await source.rows(
          rows,
          rows.map(() => 0),
        );
        const out = await opened.run({ ...known, [PIXELS]: pixels });
        for (let task = 0; task < tasks; task++) accuracies.push(rightIn(out.scores!.data as Float32Array, task));
        const each = out.losses!.data as Float32Array;
        loss += each.reduce((sum, v) => sum + v, 0) / each.length;
      }
      return { accuracies, loss: (loss * tasks) / accuracies.length };
    },
    close: () => opened.close(),
  };
};

import { floats } from "../../graph/dtype.ts";
import { Graph, type Value } from "../../graph/graph.ts";
import { createScope, type Declared, type Scope, type ScopeOptions } from "../../nn/layers/scope.ts";
import { add } from "../../ops/add.ts";
import { cast } from "../../ops/cast.ts";
import { concat } from "../../ops/concat.ts";
import { mul } from "../../ops/mul.ts";
import { split } from "../../ops/split.ts";
import { transpose } from "../../ops/transpose.ts";
import type { Answers, Learner, Task } from "./learner.ts";

/** Sizes of the episodes that a graph takes. */
export interface EpisodeShape {
  readonly ways: number;
  readonly shots: number;
  /** Pictures asked of each class. */
  readonly queries: number;
  /** Height, width and channels. */
  readonly picture: readonly [height: number, width: number, channels: number];
  /** Episodes of a step; default 1. */
  readonly tasks?: number;
}

/** The input: pixels uint8 [tasks · ways · (shots + queries), h, w, c], task by task, support before queries. */
export const PIXELS = "pixels";

/** Pictures of one task. */
export const picturesOf = ({ ways, shots, queries }: EpisodeShape): number => ways * (shots + queries);

export interface EpisodeGraph extends Answers {
  readonly g: Graph;
  readonly declared: Declared;
}

/** One-hot rows, `each` of every class. */
const oneHot = (g: Graph, ways: number, each: number): Value => {
  const data = new Float32Array(ways * each * ways);
  for (let row = 0; row < ways * each; row++) data[row * ways + Math.floor(row / each)] = 1;
  return g.constant(floats([ways * each, ways], data), "targets");
};

/** The same scope for several tasks: what one has declared stands for all. */
const shared = (scope: Scope): Scope => {
  const known = new Map<string, Value>();
  return {
    ...scope,
    parameter: (name, declaration) => {
      const value = known.get(name) ?? scope.parameter(name, declaration);
      known.set(name, value);
      return value;
    },
  };
};

const tasksOf = (g: Graph, levels: Value, shape: EpisodeShape): Task[] => {
  const { ways, shots, queries, tasks = 1 } = shape;
  const sizes = Array.from({ length: tasks }, () => [ways * shots, ways * queries]).flat();
  const parts = split(g, levels, sizes);
  const targets = { supportTargets: oneHot(g, ways, shots), queryTargets: oneHot(g, ways, queries) };
  return Array.from({ length: tasks }, (_, i) => ({
    support: parts[2 * i]!,
    queries: parts[2 * i + 1]!,
    ...targets,
    ways,
    shots,
  }));
};

/**
 * The graph from the pixels of a step's episodes to scores and losses, of all tasks one below the other.
 *
 * In the training phase normalisations use the moments of each episode (support and queries together where a learner
 * embeds them together, as Snell et al. do), in inference running ones; where there are several tasks, the last one's
 * moments move these.
 */
export const buildEpisodes = (learner: Learner, shape: EpisodeShape, options: ScopeOptions): EpisodeGraph => {
  const { picture, tasks = 1 } = shape;
  const g = new Graph("episodes");
  const pixels = g.input(PIXELS, "uint8", [tasks * picturesOf(shape), ...picture]);
  const levels = add(g, mul(g, cast(g, transpose(g, pixels, [0, 3, 1, 2]), "float32"), 2 / 255), -1);
  const declared = createScope(g, options);
  const scope = shared(declared);
  const answers = tasksOf(g, levels, shape).map((task) => learner.build(scope, task));
  const joined = (values: readonly Value[]): Value => (values.length === 1 ? values[0]! : concat(g, values, 0));
  return {
    g,
    declared,
    scores: joined(answers.map((a) => a.scores)),
    losses: joined(answers.map((a) => a.losses)),
  };
};

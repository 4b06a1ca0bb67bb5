import type { Value } from "../../graph/graph.ts";
import type { Scope } from "../../nn/layers/scope.ts";

/** One episode inside a graph; its pictures lie way by way. */
export interface Task {
  /** Pictures to learn from, on -1 .. 1, [ways · shots, c, h, w]. */
  readonly support: Value;
  /** Pictures that are asked, [ways · queries, c, h, w]. */
  readonly queries: Value;
  /** Their classes, one-hot, [ways · shots, ways] and [ways · queries, ways]. */
  readonly supportTargets: Value;
  readonly queryTargets: Value;
  readonly ways: number;
  readonly shots: number;
}

/** What a learner says of the queries. */
export interface Answers {
  /** [ways · queries, ways]; higher is likelier; not normalised. */
  readonly scores: Value;
  /** [ways · queries]; their mean is minimised in training. */
  readonly losses: Value;
}

/**
 * Learns to learn from few pictures: from an episode's pixels to its answers, in one graph that is trained end to end.
 *
 * Told its targets, it may use those of the queries for the losses alone.
 */
export interface Learner {
  /** The paper's name. */
  readonly name: string;
  readonly paper: string;
  readonly build: (scope: Scope, task: Task) => Answers;
  /** Its network alone: pictures on -1 .. 1 to features [n, dim], or to maps [n, c, h, w] where it has a `relate`. */
  readonly embed: (scope: Scope, pictures: Value) => Value;
  /**
   * The comparison that it learned: maps of queries and of classes to how much each query belongs to each class,
   * [queries · ways, 1], query by query. Absent: features are compared as they lie.
   */
  readonly relate?: (scope: Scope, queries: Value, classes: Value) => Value;
}

import type { Value } from "../../graph/graph.ts";
import type { Scope } from "../../nn/layers/scope.ts";

/** What a method of learning from unlabelled pictures is told in numbers. */
export interface ConsistencyOptions {
  /** Weight of the unlabelled loss beside the labelled one, above 0. */
  readonly weight: number;
  /** Unlabelled pictures of a step for each labelled one, from 1. */
  readonly ratio: number;
  /** Share of the averaged weights kept at each step, in [0, 1): they are the teacher, and what is taken in the end. */
  readonly averaging: number;
  /** Share of all steps over which the weight grows from next to nothing, in [0, 1]. */
  readonly rampUp: number;
}

/** Answers to the unlabelled pictures of a step, [unlabelled, ways]; not normalised. */
export interface TwoAnswers {
  /** By the network that learns. */
  readonly student: Value;
  /** By the averaged weights, to a weakly varied view. No gradient goes through it. */
  readonly teacher: Value;
}

/**
 * Learning from labelled and unlabelled pictures together, in one graph: the student's answer to one view of an unlabelled
 * picture is drawn towards the teacher's answer to another.
 */
export interface ConsistencyMethod<O extends ConsistencyOptions = ConsistencyOptions> {
  /** The paper's name, the same in CLI and manifests. */
  readonly name: string;
  readonly paper: string;
  /** How the view is varied that the student answers. */
  readonly studentView: "weak" | "strong";
  readonly defaults: O;
  /** Loss of every unlabelled picture, [unlabelled]; what lasts from step to step is declared in the scope. */
  losses(scope: Scope, answers: TwoAnswers, options: O): Value;
}

import { internalError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { DType } from "../../graph/dtype.ts";
import { Graph, shapeOf, type Value } from "../../graph/graph.ts";
import { createScope, within, type Parameter, type Scope } from "../../nn/layers/scope.ts";
import { crossEntropy } from "../../nn/losses/cross-entropy.ts";
import { concat } from "../../ops/concat.ts";
import { mul } from "../../ops/mul.ts";
import { TARGETS } from "../forward.ts";
import { averageName, type Trainable } from "../training-graph.ts";
import type { ConsistencyMethod, ConsistencyOptions } from "./consistency-method.ts";

/** Inputs of the graph beside the parameters and the labels. */
export const LABELLED = "train/labelled";
export const TEACHER_VIEW = "train/teacher-view";
export const STUDENT_VIEW = "train/student-view";
/** Weight of the unlabelled loss at this step, a scalar. */
export const WEIGHT = "train/unlabelled-weight";
/** What a method keeps from step to step is named under this. */
export const KEPT = "consistency";

export interface ConsistencyGraphOptions {
  readonly method: ConsistencyMethod;
  readonly options: ConsistencyOptions;
  /** The network: pictures or activations [n, …] -> scores [n, ways], declaring its parameters in the scope. */
  readonly scores: (scope: Scope, x: Value) => Value;
  readonly dtype: DType;
  /** Of one picture, without the batch. */
  readonly shape: readonly number[];
  /** Labelled pictures of a step; the unlabelled ones are `ratio` times as many. */
  readonly batch: number;
  readonly ways: number;
  /** Share of each target spread over all classes. */
  readonly smoothing: number;
  readonly random: Random;
}

/**
 * The loss of a step on labelled and unlabelled pictures: mean of the labelled losses + weight · mean of the unlabelled.
 *
 * Three passes through one network: the learning weights answer the labelled pictures and the student's view, the averaged
 * weights the teacher's view. Each is normalised by its own moments; the running ones are those of the teacher's pass,
 * as it is the averaged weights that are taken in the end.
 */
export const buildConsistency = (task: ConsistencyGraphOptions): Trainable => {
  const { method, options, dtype, shape, batch, ways, smoothing, random } = task;
  const g = new Graph("consistency");
  const unlabelled = batch * options.ratio;
  const known = new Map<string, Value>();
  const remember = (p: Parameter): Value => {
    const value = g.input(p.name, p.tensor.dtype, p.tensor.shape);
    known.set(p.name, value);
    return value;
  };
  const recall = ({ name }: Parameter): Value => {
    const value = known.get(name);
    if (!value) throw internalError(`"${name}" is declared in one pass only`);
    return value;
  };
  const averaged = (p: Parameter): Value =>
    p.trainable ? g.input(averageName(p.name), p.tensor.dtype, p.tensor.shape) : recall(p);
  const pass = (name: string, count: number, stand: (p: Parameter) => Value) => {
    const scope = createScope(g, { phase: "training", random, stand });
    return { scope, scores: task.scores(scope, g.input(name, dtype, [count, ...shape])) };
  };
  const learning = pass(LABELLED, batch, remember);
  const student = pass(STUDENT_VIEW, unlabelled, recall).scores;
  const teacher = pass(TEACHER_VIEW, unlabelled, averaged);
  const targets = g.input(TARGETS, "float32", [batch, ways]);
  const weight = g.input(WEIGHT, "float32", []);
  const kept = createScope(g, { phase: "training", random, stand: remember });
  const answers = { student, teacher: teacher.scores };
  const asked = method.losses(within(kept, KEPT), answers, options);
  if (shapeOf(asked).join() !== String(unlabelled)) throw internalError(`${method.name}: one loss a picture is wanted`);
  const own = crossEntropy(g, learning.scores, targets, { smoothing });
  // the mean over all rows is what is minimised: each part is scaled so that it counts by its own mean
  const all = batch + unlabelled;
  const parts = [mul(g, own, all / batch), mul(g, mul(g, asked, weight), all / unlabelled)];
  return {
    graph: g,
    losses: concat(g, parts, 0),
    parameters: [...learning.scope.parameters, ...kept.parameters],
    updates: new Map([...teacher.scope.updates, ...kept.updates]),
  };
};

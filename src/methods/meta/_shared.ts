import type { Graph, Op, Value } from "../../graph/graph.ts";
import { grad } from "../../autodiff/grad.ts";
import { linear } from "../../nn/layers/linear.ts";
import { within, type Scope } from "../../nn/layers/scope.ts";
import { crossEntropy } from "../../nn/losses/cross-entropy.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { sub } from "../../ops/sub.ts";
import type { Network } from "../../train/from-scratch.ts";
import type { Answers, Task } from "../../train/episodic/learner.ts";

export interface MetaOptions {
  /** Pictures to features, [n, dim]; a linear head with as many outputs as ways comes after it. */
  readonly network: Network;
  /** Steps of gradient descent on the support. */
  readonly steps: number;
  /** Rate of these steps, α in the papers. */
  readonly rate: number;
}

/** Prefix of the head's parameters. */
export const HEAD = "head";

/** The network that a few steps adapt, by the names that `adapted` gives its parameters. */
export const embedBy =
  ({ network }: Pick<MetaOptions, "network">) =>
  (scope: Scope, pictures: Value): Value =>
    network(within(scope, "network"), pictures);

/** Parameters by name. */
export type Weights = ReadonlyMap<string, Value>;

const stopped: Op<null> = { type: "Identity", infer: ({ inputs: [x] }) => [x!.shape], vjp: () => [null] };

/** The value itself, through which no gradient flows. */
export const stopGradient = (g: Graph, x: Value): Value => g.apply(stopped, [x], null);

/** A scope in which weights stand for parameters, and no statistics are kept. */
const withWeights = (scope: Scope, weights: Weights): Scope => ({
  ...scope,
  parameter: (name, declared) => weights.get(name) ?? scope.parameter(name, declared),
});

const silent = (scope: Scope): Scope => ({ ...scope, update: () => undefined });

const classify = (scope: Scope, x: Value, { network, ways }: { network: Network; ways: number }): Value =>
  linear(within(scope, HEAD), embedBy({ network })(scope, x), { units: ways });

/** The mean loss on the support, and the trainable parameters that it was computed with. */
const supportLoss = (scope: Scope, task: Task, network: Network): { loss: Value; weights: Map<string, Value> } => {
  const weights = new Map<string, Value>();
  const noting: Scope = {
    ...silent(scope),
    parameter: (name, declared) => {
      const value = scope.parameter(name, declared);
      if (declared.trainable !== false) weights.set(name, value);
      return value;
    },
  };
  const { support, supportTargets, ways } = task;
  const losses = crossEntropy(scope.g, classify(noting, support, { network, ways }), supportTargets);
  return { loss: reduceMean(scope.g, losses, { keepdims: 0 }), weights };
};

export interface Adaptation extends MetaOptions {
  /** Which parameters adapt, by name. */
  readonly adapts: (name: string) => boolean;
  /** What a step follows: the gradient as it is (second order), or cut off from what it was computed from (first). */
  readonly direction: (g: Graph, gradient: Value) => Value;
}

/**
 * Weights after some steps of gradient descent on the support, θ' = θ - α ∇ L(θ'), unrolled into the graph; and those
 * that they started from.
 */
export const adapted = (
  scope: Scope,
  task: Task,
  { network, steps, rate, adapts, direction }: Adaptation,
): { readonly first: Weights; readonly last: Weights } => {
  const { g } = scope;
  const first = supportLoss(scope, task, network);
  let { loss, weights } = first;
  for (let step = 1; ; step++) {
    const names = [...weights.keys()].filter(adapts);
    const before = weights;
    const gradients = grad(
      g,
      loss,
      names.map((name) => before.get(name)!),
    );
    const after = new Map(before);
    names.forEach((name, i) => {
      after.set(name, sub(g, before.get(name)!, mul(g, direction(g, gradients[i]!), rate)));
    });
    if (step === steps) return { first: first.weights, last: after };
    ({ loss, weights } = supportLoss(withWeights(scope, after), task, network));
  }
};

/** What the adapted weights say of the queries. */
export const answersWith = (scope: Scope, task: Task, weights: Weights, network: Network): Answers => {
  const { queries, queryTargets, ways } = task;
  const scores = classify(withWeights(scope, weights), queries, { network, ways });
  return { scores, losses: crossEntropy(scope.g, scores, queryTargets) };
};

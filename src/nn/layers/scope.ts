import { internalError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { Tensor } from "../../graph/dtype.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import type { Initialiser } from "../init.ts";

/** A number array that a network learns: an input of the training graph, a constant of the exported model. */
export interface Parameter {
  readonly name: string;
  /** Where it stands now. */
  readonly tensor: Tensor;
  /** Parameters of a group share a learning rate: the layer or block they belong to. */
  readonly group: string;
  /** Whether weight decay applies: not to biases and the scales of normalisations. */
  readonly decay: boolean;
  /** Whether it follows a gradient; otherwise it is a statistic, such as a running mean. */
  readonly trainable: boolean;
}

/** What a layer says of a parameter. */
export interface Declaration {
  readonly shape: readonly number[];
  readonly initial: Initialiser;
  readonly decay: boolean;
  /** Default true. */
  readonly trainable?: boolean;
  /** Default: the first part of the name. */
  readonly group?: string;
}

/** Where layers put their nodes and declare their parameters. */
export interface Scope {
  readonly g: Graph;
  /** In training, normalisations use the moments of the batch and hand back new running ones. */
  readonly phase: "training" | "inference";
  /** The value that stands for a parameter. */
  parameter(name: string, declared: Declaration): Value;
  /** Says what a statistic becomes after this batch. */
  update(name: string, value: Value): void;
}

/** What layers have declared. */
export interface Declared {
  readonly parameters: Parameter[];
  /** New values of statistics by parameter name. */
  readonly updates: Map<string, Value>;
}

export interface ScopeOptions {
  readonly phase: Scope["phase"];
  readonly random: Random;
  /** What stands for a parameter in the graph: a new input when left out; adapted weights, say, in meta-learning. */
  readonly stand?: (parameter: Parameter) => Value;
}

/** An empty scope on a graph. First values hang on seed and name alone, so both phases begin alike. */
export const createScope = (g: Graph, { phase, random, stand }: ScopeOptions): Scope & Declared => {
  const parameters: Parameter[] = [];
  const updates = new Map<string, Value>();
  const input = ({ name, tensor }: Parameter): Value => g.input(name, tensor.dtype, tensor.shape);
  return {
    g,
    phase,
    parameters,
    updates,
    parameter: (name, { shape, initial, decay, trainable = true, group = name.split("/")[0]! }) => {
      if (parameters.some((p) => p.name === name)) throw internalError(`two parameters are named "${name}"`);
      const tensor = initial(shape, random.fork(name));
      const parameter = { name, tensor, group, decay, trainable };
      parameters.push(parameter);
      return (stand ?? input)(parameter);
    },
    update: (name, value) => updates.set(name, value),
  };
};

/** The same scope with all names under `prefix/`. */
export const within = (scope: Scope, prefix: string): Scope => ({
  ...scope,
  parameter: (name, declared) => scope.parameter(`${prefix}/${name}`, declared),
  update: (name, value) => scope.update(`${prefix}/${name}`, value),
});

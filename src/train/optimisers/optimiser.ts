import type { Tensor } from "../../graph/dtype.ts";
import type { Graph, Value } from "../../graph/graph.ts";

/** What an update is made of; all values of the parameter's shape but for the scalars. */
export interface UpdateParts {
  readonly parameter: Value;
  readonly gradient: Value;
  /** By slot name, as `init` names them. */
  readonly state: Readonly<Record<string, Value>>;
  /** Learning rate, scalar. */
  readonly rate: Value;
  /** Number of this step, counted from 1, scalar float32. */
  readonly step: Value;
  /** Whether weight decay applies. */
  readonly decay: boolean;
}

/** A rule by which parameters follow their gradients: pure, built into the training graph. */
export interface Optimiser {
  readonly name: string;
  readonly paper: string;
  /** The state that a parameter begins with, by slot. */
  init(parameter: Tensor): Readonly<Record<string, Tensor>>;
  /** The next value of the parameter and of its state, as nodes of the graph. */
  update(g: Graph, parts: UpdateParts): { readonly parameter: Value; readonly state: Readonly<Record<string, Value>> };
}

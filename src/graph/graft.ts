import { internalError } from "../base/errors.ts";
import { inferShapes, type Graph, type Node, type Value } from "./graph.ts";

/** Copies of values of one graph in another, found or made. */
export interface Copier {
  /** What stands for `value` in the target: bound or copied before, else a new constant or input of the same name. */
  at(value: Value): Value;
  /** Copies a node whose inputs the target has, inferring the shapes of its outputs anew. */
  copy(node: Node): Node;
}

/** Copies into `target`; `bind` says what already stands for a value, and takes up every value that is copied. */
export const createCopier = (target: Graph, bind: Map<Value, Value>): Copier => {
  const at = (value: Value): Value => {
    const known = bind.get(value);
    if (known) return known;
    if (value.producer) throw internalError(`"${value.name}" is read before it is copied`);
    const made = value.constant
      ? target.constant(value.constant, value.name)
      : target.input(value.name, value.dtype, value.dims ?? value.shape);
    bind.set(value, made);
    return made;
  };
  const copy = (node: Node): Node => {
    const inputs = node.inputs.map((v) => v && at(v));
    const names = node.outputs.map((y) => y.name);
    const made = target.add(node.op, inputs, node.attributes, names, node.name);
    const unchanged = node.inputs.every((x, i) => String(x?.shape) === String(inputs[i]?.shape));
    const shapes = inputs.every((x) => !x || x.shape) ? inferShapes(made) : null;
    node.outputs.forEach((y, i) => {
      const copied = made.outputs[i]!;
      copied.dtype = y.dtype;
      copied.shape = shapes?.[i] ?? (unchanged ? y.shape : null);
      if (y.dims && unchanged) copied.dims = y.dims;
      bind.set(y, copied);
    });
    return made;
  };
  return { at, copy };
};

/**
 * Merges a graph (or some of its nodes) into another.
 *
 * @param bind  what stands in the target for inputs, constants or other values of the source: this is how a body is put
 *   on an input, a head on a body, and trainable inputs in the place of constant weights. Inputs not bound become
 *   inputs of the target. The map takes up every value that is copied, so that it can be asked afterwards.
 */
export const graft = (
  target: Graph,
  source: Graph,
  bind = new Map<Value, Value>(),
  nodes: readonly Node[] = source.nodes,
): void => {
  const copier = createCopier(target, bind);
  for (const node of nodes) copier.copy(node);
};

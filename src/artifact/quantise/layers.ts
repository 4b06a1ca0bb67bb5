import type { Graph, Node, Value } from "../../graph/graph.ts";

/** A convolution with constant float32 weights, and the activation that follows it. */
export interface Layer {
  readonly name: string;
  readonly conv: Node;
  /** Operators of the activation, in order: Relu or Clip; each the only reader of the one before. */
  readonly activation: readonly Node[];
  /** What comes out after the activation. */
  readonly end: Value;
}

const isFloats = (v: Value | null | undefined): boolean => v?.constant?.dtype === "float32";

/** The nodes that read each value. */
export const readersOf = (g: Graph): ReadonlyMap<Value, readonly Node[]> => {
  const readers = new Map<Value, Node[]>();
  for (const node of g.nodes)
    for (const v of new Set(node.inputs)) if (v) readers.set(v, [...(readers.get(v) ?? []), node]);
  return readers;
};

const limits = new Set(["Relu", "Clip"]);

const isLimit = ({ op, inputs }: Node): boolean =>
  limits.has(op.type) && inputs.slice(1).every((v) => !v || v.constant !== null);

/** The activation behind a value: limits of which each is the only reader of the one before. */
export const activationOf = (
  g: Graph,
  start: Value,
  readers: ReadonlyMap<Value, readonly Node[]> = readersOf(g),
): { activation: Node[]; end: Value } => {
  const activation: Node[] = [];
  let end = start;
  for (;;) {
    const [next, ...others] = readers.get(end) ?? [];
    if (!next || others.length > 0 || g.outputs.includes(end) || !isLimit(next) || next.inputs[0] !== end)
      return { activation, end };
    activation.push(next);
    end = next.outputs[0]!;
  }
};

/** The convolutions that can be quantised, in order. */
export const layersOf = (g: Graph): Layer[] => {
  const readers = readersOf(g);
  return g.nodes.flatMap((conv) => {
    const [, weights, bias] = conv.inputs;
    if (conv.op.type !== "Conv" || !isFloats(weights) || (bias && !isFloats(bias))) return [];
    return [{ name: conv.name, conv, ...activationOf(g, conv.outputs[0]!, readers) }];
  });
};

/** Whether every channel of a convolution is filtered alone: its products are added one by one, never in pairs. */
export const isDepthwise = ({ inputs, attributes }: Node): boolean => {
  const [out, each] = inputs[1]!.constant!.shape;
  return each === 1 && attributes?.group === out;
};

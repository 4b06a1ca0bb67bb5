import type { Graph, Node, Value } from "../../graph/graph.ts";
import { activationOf, layersOf, readersOf } from "./layers.ts";

/** Operators without weights that work on bytes where all they read is bytes. */
const carriers = new Set(["Add", "Concat", "MaxPool"]);

/** An operator of the quantised network, with its activation and what comes out after it. */
export interface Point {
  readonly node: Node;
  readonly activation: readonly Node[];
  readonly end: Value;
}

/** What is carried as bytes. */
export interface Points {
  /** Convolutions in bytes and what carries their results, by node. */
  readonly nodes: ReadonlyMap<Node, Point>;
  /** Values that stand as bytes, in order. */
  readonly values: ReadonlySet<Value>;
}

/**
 * What stands as bytes when all layers but those named stay in bytes: what goes into a layer, what comes out of it, and
 * sums, rows and maxima of such values.
 */
export const pointsOf = (g: Graph, floatLayers: ReadonlySet<string>): Points => {
  const layers = new Map(layersOf(g).map((layer) => [layer.conv, layer]));
  const readers = readersOf(g);
  const nodes = new Map<Node, Point>();
  const values = new Set<Value>();
  for (const node of g.nodes) {
    const layer = layers.get(node);
    if (layer && !floatLayers.has(layer.name)) {
      values.add(node.inputs[0]!).add(layer.end);
      nodes.set(node, { node, activation: layer.activation, end: layer.end });
    } else if (
      carriers.has(node.op.type) &&
      node.outputs.length === 1 &&
      node.inputs.every((v) => v && values.has(v))
    ) {
      const { activation, end } = activationOf(g, node.outputs[0]!, readers);
      values.add(end);
      nodes.set(node, { node, activation, end });
    }
  }
  return { nodes, values };
};

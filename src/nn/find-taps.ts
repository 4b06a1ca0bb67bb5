import type { Graph, Node, Value } from "../graph/graph.ts";
import { ancestorsOf } from "../graph/paths.ts";

/** Operators between a map and its pooled vector. */
const pooling = new Set([
  "GlobalAveragePool",
  "ReduceMean",
  "AveragePool",
  "Flatten",
  "Reshape",
  "Squeeze",
  "Identity",
  "Dropout",
]);
const activations = new Set(["Relu", "Clip", "LeakyRelu", "PRelu", "Elu", "HardSwish", "Gelu", "Softplus"]);

/** Whether a node is an activation function, or the last node of one. */
export const isActivation = ({ op, inputs }: Node): boolean =>
  activations.has(op.type) ||
  (op.type === "Mul" &&
    inputs.some((v) => v?.producer?.op.type === "Sigmoid" && inputs.includes(v.producer.inputs[0]!))); // SiLU

/** Height times width of a map [n, d, h, w]; null for anything else. */
const cellsOf = ({ shape }: Value): number | null => (shape?.length === 4 ? shape[2]! * shape[3]! : null);

/** The map that a feature vector is the average of, or null where more than pooling lies between. */
const pooledMap = (feature: Value): Value | null => {
  for (let value: Value | null | undefined = feature; value;) {
    if ((cellsOf(value) ?? 0) > 1) return value;
    const node: Node | null = value.producer;
    const isLayerOfOneCell = cellsOf(value) === 1 && node !== null && (isActivation(node) || node.op.type === "Conv");
    if (!node || !(pooling.has(node.op.type) || isLayerOfOneCell)) return null;
    value = node.inputs[0];
  }
  return null;
};

/**
 * Maps from the middle of a convolutional network that are worth averaging beside its last one: the last activation at
 * each of the two next finer resolutions. They hold texture and parts, the last one holds things.
 *
 * @param graph  with shapes known (`specialise`)
 * @returns none where the feature is no average of a map (transformers, networks with a projection)
 */
export const findTaps = (graph: Graph, feature: Value, most = 2): Value[] => {
  const last = pooledMap(feature);
  if (!last) return [];
  const before = ancestorsOf(graph, [last]);
  const byCells = new Map<number, Value>();
  for (const node of graph.nodes) {
    const value = node.outputs[0];
    const cells = value && before.has(node) && isActivation(node) ? cellsOf(value) : null;
    if (value && cells !== null && cells > cellsOf(last)!) byCells.set(cells, value);
  }
  return [...byCells]
    .sort(([a], [b]) => a - b)
    .slice(0, most)
    .map(([, value]) => value);
};

import type { Graph, Node, Value } from "./graph.ts";

/** The nodes on some path from one of `from` to one of `to`, in order. `passes` says which values a path may run through. */
export const nodesBetween = (
  g: Graph,
  from: Iterable<Value>,
  to: Iterable<Value>,
  passes: (value: Value) => boolean = () => true,
): Node[] => {
  const reached = new Set(from);
  const forward = g.nodes.filter((node) => {
    if (!node.inputs.some((v) => v && reached.has(v))) return false;
    const open = node.outputs.filter(passes);
    open.forEach((v) => reached.add(v));
    return open.length > 0;
  });
  const wanted = new Set(to);
  const between = forward.reverse().filter((node) => {
    if (!node.outputs.some((v) => wanted.has(v))) return false;
    node.inputs.forEach((v) => v && reached.has(v) && wanted.add(v));
    return true;
  });
  return between.reverse();
};

/**
 * The values at which everything that flows from `from` to `to` passes through one place, in order, `to` aside: where
 * the network can be cut in two, as between two residual blocks.
 */
export const narrowPlaces = (g: Graph, from: readonly Value[], to: Value): Value[] => {
  const nodes = nodesBetween(g, from, [to]);
  const flowing = new Set([...from, ...nodes.flatMap((node) => node.outputs)]);
  const readsLeft = new Map<Value, number>();
  const count = (value: Value | null, by: number): void => {
    if (value && flowing.has(value)) readsLeft.set(value, (readsLeft.get(value) ?? 0) + by);
  };
  for (const node of nodes) node.inputs.forEach((v) => count(v, 1));
  const live = new Set(from.filter((v) => readsLeft.get(v)));
  const places: Value[] = [];
  for (const node of nodes) {
    for (const v of node.inputs) {
      count(v, -1);
      if (v && readsLeft.get(v) === 0) live.delete(v);
    }
    for (const v of node.outputs) if (readsLeft.get(v)) live.add(v);
    const [only] = live;
    if (live.size === 1 && only && only !== places.at(-1)) places.push(only);
  }
  return places;
};

/** The nodes that `values` hang on, not looking further back than `from`. */
export const ancestorsOf = (g: Graph, values: Iterable<Value>, from: readonly Value[] = []): Set<Node> => {
  const wanted = new Set(values);
  for (const v of from) wanted.delete(v);
  const found = new Set<Node>();
  for (const node of g.nodes.toReversed()) {
    if (!node.outputs.some((v) => wanted.has(v))) continue;
    found.add(node);
    for (const v of node.inputs) if (v && !from.includes(v)) wanted.add(v);
  }
  return found;
};

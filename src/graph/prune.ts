import type { Graph } from "./graph.ts";
import { ancestorsOf } from "./paths.ts";

/** Takes out, in place, the nodes that no output hangs on. Inputs stay, read or not: they are the graph's interface. */
export const prune = (g: Graph): void => {
  const used = ancestorsOf(g, g.outputs);
  g.nodes = g.nodes.filter((node) => used.has(node));
};

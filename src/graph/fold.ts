import type { Tensor } from "./dtype.ts";
import { createCopier } from "./graft.ts";
import { Graph, type Node, type Value } from "./graph.ts";

/**
 * A copy of the graph in which everything that hangs on constants alone has been computed.
 *
 * @param run  runs a graph without inputs and gives its outputs by name; called at most once
 */
export const foldConstants = async (
  g: Graph,
  run: (constants: Graph) => Promise<Readonly<Record<string, Tensor>>>,
): Promise<Graph> => {
  const fixed = new Set<Node>();
  const isFixed = (v: Value | null): boolean =>
    !v || v.constant !== null || (v.producer !== null && fixed.has(v.producer));
  // an operator without inputs may draw random numbers
  for (const node of g.nodes) if (node.inputs.length > 0 && node.inputs.every(isFixed)) fixed.add(node);
  const rest = g.nodes.filter((node) => !fixed.has(node));
  const read = new Set([...rest.flatMap((node) => node.inputs), ...g.outputs]);
  const wanted = [...fixed].flatMap((node) => node.outputs).filter((v) => read.has(v));
  const target = new Graph(g.name);
  const bind = new Map<Value, Value>();
  for (const input of g.inputs) bind.set(input, target.input(input.name, input.dtype, input.dims ?? input.shape));
  if (wanted.length > 0) {
    const results = await run(constantPart(g, fixed, wanted));
    for (const v of wanted) bind.set(v, target.constant(results[v.name]!, v.name));
  }
  const { at, copy } = createCopier(target, bind);
  for (const node of rest) copy(node);
  for (const output of g.outputs) target.outputs.push(at(output));
  return target;
};

const constantPart = (g: Graph, fixed: ReadonlySet<Node>, wanted: readonly Value[]): Graph => {
  const part = new Graph(`${g.name}_constants`);
  const { at, copy } = createCopier(part, new Map());
  for (const node of fixed) copy(node);
  for (const v of wanted) part.outputs.push(at(v));
  return part;
};

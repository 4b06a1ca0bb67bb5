import { messageOf } from "../base/errors.ts";
import { sizeOf } from "./dtype.ts";
import { inferShapes, type Graph, type Node, type Value } from "./graph.ts";

/**
 * Says what a legal graph is: gives the reasons why this one is none, nothing when it is legal.
 *
 * Names are unique; each value is read after it is made, from this graph; constants hold as many elements as their
 * shape says; attributes are declared by their operator; known shapes are those that the operator infers.
 */
export const verify = (g: Graph): string[] => {
  const made = new Set(g.inputs);
  const constants = new Set<Value>();
  const problems: string[] = [];
  const read = (v: Value, reader: string): void => {
    if (v.constant) constants.add(v);
    else if (!made.has(v)) problems.push(`${reader} reads "${v.name}", which nothing before it makes`);
  };
  for (const node of g.nodes) {
    for (const v of node.inputs) if (v) read(v, `node "${node.name}" (${node.op.type})`);
    problems.push(...nodeProblems(node).map((problem) => `node "${node.name}" (${node.op.type}): ${problem}`));
    node.outputs.forEach((y) => made.add(y));
  }
  for (const v of g.outputs) read(v, "the list of outputs");
  problems.push(...repeated(g.outputs.map((v) => v.name)).map((name) => `"${name}" is an output twice`));
  if (g.outputs.length === 0) problems.push("the graph has no outputs");
  for (const { name, constant } of constants)
    if (constant!.data.length !== sizeOf(constant!.shape))
      problems.push(`constant "${name}" holds ${constant!.data.length} elements for shape [${constant!.shape}]`);
  problems.push(
    ...repeated([...made, ...constants].map((v) => v.name)).map((name) => `two values are named "${name}"`),
  );
  problems.push(...repeated(g.nodes.map((n) => n.name)).map((name) => `two nodes are named "${name}"`));
  return problems;
};

const nodeProblems = (node: Node): string[] => {
  const { op, attributes, inputs, outputs } = node;
  const problems = Object.keys(attributes ?? {})
    .filter((name) => !op.attributes?.[name])
    .map((name) => `attribute "${name}" is not declared`);
  for (const y of outputs) if (y.producer !== node) problems.push(`output "${y.name}" points at another node`);
  if (!inputs.every((x) => !x || x.shape)) return problems;
  try {
    inferShapes(node)?.forEach((shape, i) => {
      const known = outputs[i]?.shape;
      if (shape && known && String(shape) !== String(known))
        problems.push(`output ${i} has shape [${known}], but [${shape}] follows from the inputs`);
    });
  } catch (thrown) {
    problems.push(messageOf(thrown));
  }
  return problems;
};

const repeated = (names: readonly string[]): string[] => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].flatMap(([name, count]) => (count > 1 ? [name] : []));
};

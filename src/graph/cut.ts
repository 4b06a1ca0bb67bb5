import { HandfulError, optionError } from "../base/errors.ts";
import { nearestName } from "../base/nearest-name.ts";
import { createCopier } from "./graft.ts";
import { Graph, type Value } from "./graph.ts";
import { ancestorsOf, narrowPlaces } from "./paths.ts";

/** The input or node output of a given name. */
export const valueNamed = (g: Graph, name: string): Value => {
  const values = [...g.inputs, ...g.nodes.flatMap((node) => node.outputs)];
  const found = values.find((v) => v.name === name);
  if (found) return found;
  const near = nearestName(
    name,
    values.map((v) => v.name),
  );
  throw optionError(`the graph has no value "${name}"`, near === undefined ? {} : { hint: `Did you mean "${near}"?` });
};

/** The part of the graph up to the given values, which become its outputs. Inputs that it does not need are left out. */
export const prefix = (g: Graph, ends: readonly Value[]): Graph => extract(g, [], ends);

/**
 * The part of the graph after a value, which becomes its first input; the outputs stay.
 *
 * @throws HandfulError E_CUT when something else flows round the value
 */
export const suffix = (g: Graph, start: Value): Graph => {
  const part = extract(g, [start], g.outputs);
  const sources = inputsOf(g, start);
  const round = sources.find((v) => part.inputs.slice(1).some((input) => input.name === v.name));
  if (!round) return part;
  const places = narrowPlaces(g, sources, g.outputs[0]!).map((v) => v.name);
  throw new HandfulError(
    "usage",
    "E_CUT",
    `"${start.name}" does not cut the graph in two: "${round.name}" also flows round it`,
    { hint: places.length > 0 ? `It can be cut at: ${places.join(", ")}.` : "It can be cut nowhere." },
  );
};

/** The inputs of the graph that a value hangs on. */
const inputsOf = (g: Graph, value: Value): Value[] => {
  const read = new Set([...ancestorsOf(g, [value])].flatMap((node) => node.inputs));
  return g.inputs.filter((v) => v !== value && read.has(v));
};

const extract = (g: Graph, starts: readonly Value[], ends: readonly Value[]): Graph => {
  const target = new Graph(g.name);
  const bind = new Map<Value, Value>();
  const nodes = ancestorsOf(g, ends, starts);
  const read = new Set([...[...nodes].flatMap((node) => node.inputs), ...ends]);
  for (const v of [...starts, ...g.inputs.filter((v) => read.has(v) && !starts.includes(v))])
    bind.set(v, target.input(v.name, v.dtype, v.shape ?? v.dims ?? null));
  const { at, copy } = createCopier(target, bind);
  for (const node of g.nodes) if (nodes.has(node)) copy(node);
  for (const end of ends) target.outputs.push(at(end));
  return target;
};

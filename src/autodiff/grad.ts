import { HandfulError, internalError, shapeError } from "../base/errors.ts";
import { isFloat, tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Value } from "../graph/graph.ts";
import { ancestorsOf, narrowPlaces, nodesBetween } from "../graph/paths.ts";
import { add } from "../ops/add.ts";
import { zeros } from "../ops/expand.ts";
import { sumTo } from "./sum-to.ts";

const carriesGradient = (value: Value): boolean => isFloat(value.dtype);

/**
 * Gradients of `loss` with respect to each value of `wrt` (inputs, constants or values in between), as new nodes of
 * the same graph: reverse mode, so all of them cost about two more runs of the forward part.
 *
 * All shapes between `wrt` and `loss` must be known. Values that the loss does not hang on get zeros. The result can be
 * differentiated again.
 * @param seed  what flows into `loss`, of its shape; ones when left out, so a scalar loss gives its gradient
 * @throws HandfulError E_NO_GRADIENT when an operator on the way has no gradient
 */
export const grad = (g: Graph, loss: Value, wrt: readonly Value[], seed?: Value): Value[] => {
  const path = nodesBetween(g, wrt, [loss], carriesGradient);
  refuseMissingRules(g, { loss, wrt, path });
  refuseUnknownShapes(path);
  const before = g.nodes.length;
  const wanted = new Set([...wrt, ...path.flatMap((node) => node.outputs)]);
  const flows = new Map<Value, Value>();
  flows.set(loss, seed ?? ones(g, loss));
  for (const node of path.reverse()) {
    const dys = node.outputs.map((y) => flows.get(y) ?? null);
    if (dys.every((dy) => dy === null)) continue;
    inputGradients(g, node, dys).forEach((dx, i) => {
      const x = node.inputs[i];
      if (!dx || !x || !wanted.has(x)) return;
      const sum = flows.get(x);
      flows.set(x, sum ? add(g, sum, dx) : dx);
    });
  }
  const results = wrt.map((x) => flows.get(x) ?? zeros(g, shapeOf(x), x.dtype));
  dropUnused(g, before, results);
  return results;
};

const ones = (g: Graph, loss: Value): Value => {
  const size = shapeOf(loss).reduce((a, b) => a * b, 1);
  return g.constant(tensorOf(loss.dtype, shapeOf(loss), new Array<number>(size).fill(1)), "seed");
};

/** What the operator's rule gives, checked, and summed back to the shape of the input where that was broadcast. */
const inputGradients = (g: Graph, node: Node, dys: readonly (Value | null)[]): (Value | null)[] => {
  const { op, inputs } = node;
  if (op.vjp === "none") throw internalError(`no gradient rule for ${op.type}`);
  const found = op.vjp(g, node, dys);
  if (found.length < inputs.length || found.slice(inputs.length).some((dx) => dx !== null))
    throw internalError(`the gradient rule of ${op.type} gives ${found.length} gradients for ${inputs.length} inputs`);
  return inputs.map((x, i) => {
    const dx = found[i];
    if (!dx || !x || !carriesGradient(x)) return null;
    if (dx.dtype !== x.dtype)
      throw internalError(`the gradient rule of ${op.type} gives ${dx.dtype} for input ${i} of type ${x.dtype}`);
    const sum = sumTo(g, dx, shapeOf(x));
    if (!sum) throw shapeError(`gradient rule of ${op.type}, input ${i}`, `shape [${shapeOf(x)}]`, `[${shapeOf(dx)}]`);
    return sum;
  });
};

interface Walk {
  readonly loss: Value;
  readonly wrt: readonly Value[];
  readonly path: readonly Node[];
}

/** Refuses operators without a gradient on the path; names the last one and where to freeze so as to be clear of all. */
const refuseMissingRules = (g: Graph, { loss, wrt, path }: Walk): void => {
  const blockers = path.filter((node) => node.op.vjp === "none");
  const last = blockers.at(-1);
  if (!last) return;
  const before = ancestorsOf(g, last.outputs);
  const sources = [...g.inputs, ...wrt].filter((v) => [...before].some((node) => node.inputs.includes(v)));
  const at = g.nodes.indexOf(last);
  const cut = narrowPlaces(g, [...new Set(sources)], loss).find(
    (v) => v !== loss && v.producer && g.nodes.indexOf(v.producer) >= at,
  );
  const types = [...new Set(blockers.map((node) => node.op.type))].join(", ");
  throw new HandfulError(
    "training",
    "E_NO_GRADIENT",
    `no gradient for operator ${types}: node "${last.name}" lies between "${wrt.find((v) => sources.includes(v))?.name ?? ""}" and "${loss.name}"`,
    {
      hint: cut
        ? `Freeze everything up to "${cut.name}" (output of ${cut.producer!.op.type}), and train what comes after it.`
        : "Nothing after it can be trained by itself: train a head on frozen features instead.",
    },
  );
};

const refuseUnknownShapes = (path: readonly Node[]): void => {
  const node = path.find((n) => [...n.inputs, ...n.outputs].some((v) => v && !v.shape));
  const value = node && [...node.inputs, ...node.outputs].find((v) => v && !v.shape);
  if (!value) return;
  const maker = value.producer ? ` (output of ${value.producer.op.type})` : "";
  throw new HandfulError("training", "E_SHAPE_UNKNOWN", `the shape of "${value.name}"${maker} is not known`, {
    hint: "Specialise the graph to concrete sizes; if that does not tell the shape, freeze what lies below.",
  });
};

/** Takes out nodes added from place `before` on that the results do not need, such as gradients of frozen weights. */
const dropUnused = (g: Graph, before: number, results: readonly Value[]): void => {
  const used = ancestorsOf(g, results);
  g.nodes = g.nodes.filter((node, i) => i < before || used.has(node));
};

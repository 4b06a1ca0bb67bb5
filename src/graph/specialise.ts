import { shapeError } from "../base/errors.ts";
import { sizeOf, type Tensor } from "./dtype.ts";
import { createCopier } from "./graft.ts";
import { Graph, type Node, type Value } from "./graph.ts";

/** Above this many elements nothing is folded in TypeScript: shape computations are tiny. */
const LARGEST_FOLD = 4096;

/**
 * A copy of the graph for concrete input sizes: all shapes inferred, shape computations folded to constants.
 *
 * Shapes stay unknown behind operators that are not on the shelf, and where they hang on data.
 * @param sizes  shape of each input by name; inputs of fixed declared shape may be left out
 * @throws HandfulError E_SHAPE when sizes are missing or contradict what the model declares
 */
export const specialise = (g: Graph, sizes: Readonly<Record<string, readonly number[]>>): Graph => {
  const target = new Graph(g.name);
  const bind = new Map<Value, Value>();
  for (const input of g.inputs) bind.set(input, target.input(input.name, input.dtype, inputShape(input, sizes)));
  const { at, copy } = createCopier(target, bind);
  for (const node of g.nodes) {
    const made = copy(node);
    const y = made.outputs[0];
    const folded = y && foldNode(made);
    if (!folded) continue;
    target.nodes.pop();
    const { name } = y;
    bind.set(node.outputs[0]!, { name, dtype: folded.dtype, shape: folded.shape, producer: null, constant: folded });
  }
  for (const output of g.outputs) target.outputs.push(at(output));
  return target;
};

const inputShape = (
  { name, dims, shape }: Value,
  sizes: Readonly<Record<string, readonly number[]>>,
): readonly number[] => {
  const wanted = dims ?? shape;
  const given = sizes[name] ?? shape;
  if (!given) throw shapeError(`input "${name}"`, "concrete sizes", wanted ? `[${wanted.join(", ")}]` : "none");
  const fits =
    !wanted || (wanted.length === given.length && wanted.every((n, i) => typeof n === "string" || n === given[i]));
  if (!fits) throw shapeError(`input "${name}"`, `[${wanted.join(", ")}]`, `[${given.join(", ")}]`);
  return given;
};

/** The output of a node computed in TypeScript, where its operator can do so and its inputs are small constants. */
const foldNode = (node: Node): Tensor | null => {
  const { op, inputs, outputs } = node;
  const foldable = (x: Value): boolean =>
    op.reads === "shape"
      ? x.shape !== null
      : x.constant !== null && isPlain(x) && sizeOf(x.constant.shape) <= LARGEST_FOLD;
  const small = outputs.every((y) => isPlain(y) && (!y.shape || sizeOf(y.shape) <= LARGEST_FOLD));
  return op.fold && small && inputs.every((x) => !x || foldable(x)) ? op.fold(node) : null;
};

const isPlain = ({ dtype }: Value): boolean => dtype !== "string" && dtype !== "float16";

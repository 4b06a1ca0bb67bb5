import { shapeError } from "../base/errors.ts";
import { isFloat, numbersOf, sizeOf, tensorOf, type DType, type Tensor } from "../graph/dtype.ts";
import { shapeOf, type Attributes, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";

/** Attributes of an operator by name and type; every one may be missing, as in imported models. */
export type AttributesOf<T> = Attributes & { readonly [K in keyof T]?: T[K] | undefined };

/** What arithmetic builders take: a value, or a number to be made a constant of the other operand's type. */
export type Operand = Value | number;

/** An operand as a value of the same element type as `like`. */
export const operand = (g: Graph, x: Operand, like: Value): Value =>
  typeof x === "number" ? g.constant(tensorOf(like.dtype, [], [x]), "scalar") : x;

/** The shape two operands broadcast to (NumPy rules). */
export const broadcastShapes = (where: string, a: readonly number[], b: readonly number[]): number[] => {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw shapeError(where, "shapes that broadcast", `[${a}] and [${b}]`);
    return x === 1 ? y : x;
  });
};

/** An axis counted from the front: -1 is the last of `rank`. */
export const positiveAxis = (where: string, axis: number, rank: number): number => {
  if (axis < -rank || axis >= rank) throw shapeError(where, `an axis in [${-rank}, ${rank - 1}]`, String(axis));
  return axis < 0 ? axis + rank : axis;
};

/** The whole numbers of a constant input; null when it is missing or no constant. */
export const constantInts = (value: Value | null | undefined): number[] | null =>
  value?.constant ? numbersOf(value.constant) : null;

/** A list of whole numbers as an int64 constant vector; values pass. */
export const intsValue = (g: Graph, list: Value | readonly number[], name: string): Value =>
  isValue(list) ? list : g.constant(tensorOf("int64", [list.length], list), name);

export const isValue = (x: Value | number | readonly number[]): x is Value => typeof x === "object" && "producer" in x;

/** The shape rule of operators that keep the shape of their first input. */
export const sameShape = ({ inputs: [x] }: Node): (readonly number[])[] => [shapeOf(x!)];

/** The shape rule of element-wise operators: all inputs broadcast together. */
export const broadcastInputs = ({ op, inputs }: Node): (readonly number[])[] => [
  inputs.map((x) => shapeOf(x!)).reduce((a, b) => broadcastShapes(op.type, a, b)),
];

/** The shape with the given sizes on some axes. */
export const withSizes = (shape: readonly number[], sizes: ReadonlyMap<number, number>): number[] =>
  shape.map((n, axis) => sizes.get(axis) ?? n);

/** Gradient of a one-input element-wise operator y = f(x); null: it is zero wherever it exists. */
export type UnaryRule = (g: Graph, dy: Value, x: Value, y: Value) => Value | null;

/** An element-wise operator of one input. `fold` computes it on plain numbers. */
export const unary = (type: string, vjp: UnaryRule, fold?: (x: number) => number): Op<null> => ({
  type,
  infer: sameShape,
  vjp: (g, { inputs: [x], outputs: [y] }, [dy]) => [vjp(g, dy!, x!, y!)],
  ...(fold && { fold: (node) => foldElementwise(node, ([x]) => fold(x!)) }),
});

/** The builder of a one-input operator without attributes. */
export const applyUnary =
  (op: Op<null>) =>
  (g: Graph, x: Value): Value =>
    g.apply(op, [x], null);

/** Gradients of a two-input element-wise operator, of the broadcast shape (the backward walk sums them back). */
export type BinaryRule = (
  g: Graph,
  dy: Value,
  values: { readonly a: Value; readonly b: Value; readonly y: Value },
) => readonly [Value | null, Value | null];

/** A broadcasting element-wise operator of two inputs. `fold` computes it on plain numbers. */
export const binary = (
  type: string,
  vjp: BinaryRule | "none",
  fold?: (a: number, b: number, dtype: DType) => number,
): Op<null> => ({
  type,
  infer: (node) => {
    const [a, b] = node.inputs;
    if (a!.dtype !== b!.dtype) throw shapeError(type, "two inputs of one type", `${a!.dtype} and ${b!.dtype}`);
    return broadcastInputs(node);
  },
  vjp: vjp === "none" ? vjp : (g, { inputs: [a, b], outputs: [y] }, [dy]) => vjp(g, dy!, { a: a!, b: b!, y: y! }),
  ...(fold && { fold: (node) => foldElementwise(node, ([a, b]) => fold(a!, b!, node.outputs[0]!.dtype)) }),
});

/** The builder of a two-input operator without attributes; one of the two may be a number. */
export const applyBinary =
  (op: Op<null>) =>
  (g: Graph, a: Operand, b: Operand): Value => {
    const like = typeof a === "number" ? b : a;
    if (typeof like === "number") throw shapeError(op.type, "at least one value of the graph", "two numbers");
    return g.apply(op, [operand(g, a, like), operand(g, b, like)], null);
  };

/** An element-wise operator that answers yes or no; nothing flows through it. */
export const predicate = (type: string, fold: (...xs: number[]) => boolean): Op<null> => ({
  type,
  infer: broadcastInputs,
  dtypes: () => ["bool"],
  vjp: "none",
  fold: (node) => foldElementwise(node, (xs) => (fold(...xs) ? 1 : 0)),
});

/** The constant tensor behind input `index` of a node that is being folded. */
export const tensorAt = (node: Node, index: number): Tensor => node.inputs[index]!.constant!;

/** Folds an operator that keeps the data and changes the shape or the type. */
export const foldKeeping = (node: Node): Tensor => {
  const y = node.outputs[0]!;
  return tensorOf(y.dtype, shapeOf(y), numbersOf(tensorAt(node, 0)));
};

/** A tensor of `shape` whose element at `at` is that of `x` at `from(at)`. */
export const rearrange = (
  x: Tensor,
  shape: readonly number[],
  from: (at: readonly number[]) => readonly number[],
): Tensor => {
  const numbers = numbersOf(x);
  const picked = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const at = coordinates(flat, shape);
    return numbers[from(at).reduce((offset, i, axis) => offset * x.shape[axis]! + i, 0)]!;
  });
  return tensorOf(x.dtype, shape, picked);
};

/** Indices along each axis of the element at a flat offset. */
export const coordinates = (flat: number, shape: readonly number[]): number[] => {
  const at = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    at[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return at;
};

/** `x` repeated along its axes of size 1 to `shape`. */
export const broadcastTensor = (x: Tensor, shape: readonly number[]): Tensor =>
  rearrange(x, shape, (at) => x.shape.map((n, axis) => (n === 1 ? 0 : at[axis + shape.length - x.shape.length]!)));

/** Folds an element-wise operator: `f` takes the inputs' numbers at one place. */
export const foldElementwise = (node: Node, f: (xs: readonly number[]) => number): Tensor => {
  const y = node.outputs[0]!;
  const shape = shapeOf(y);
  const columns = node.inputs.map((_, i) => numbersOf(broadcastTensor(tensorAt(node, i), shape)));
  const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => f(columns.map((column) => column[i]!)));
  return tensorOf(y.dtype, shape, numbers);
};

/** A slope so steep that HardSigmoid is a step: 0 up to 0, 1 above. */
export const STEP_SLOPE = 1e30;

/** Whether a gradient can be wanted for this input: it is there, a float, and no constant. */
export const mayNeedGradient = (x: Value | null | undefined): x is Value => !!x && isFloat(x.dtype) && !x.constant;

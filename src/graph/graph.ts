import { internalError } from "../base/errors.ts";
import { floats, type DType, type Tensor } from "./dtype.ts";

export type AttributeKind = "int" | "ints" | "float" | "floats" | "string" | "strings" | "tensor";
export type Attribute = number | string | readonly number[] | readonly string[] | Tensor;
/** Attributes of a node under their ONNX names; `undefined` means "as the standard says". */
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

/**
 * What a gradient rule gives back: one entry for each input (more, if null, stand for optional
 * inputs left out); null where nothing flows: integers, absent inputs, slopes that are zero wherever they exist.
 */
export type Gradients = readonly (Value | null)[];

/**
 * One operator: how its output shapes follow from its inputs, and how gradients flow back.
 * A node points at its operator object, so nothing needs registering for a gradient to be found.
 */
export interface Op<A extends Attributes | null = Attributes | null> {
  /** Name in ONNX. */
  readonly type: string;
  /** ONNX domain; the standard one when absent. */
  readonly domain?: string;
  /** Attribute names and kinds, as ONNX writes them. */
  readonly attributes?: Readonly<Record<string, AttributeKind>>;
  /** Number of outputs that `apply` makes; 1 when absent. */
  readonly outputs?: number;
  /**
   * Output shapes from inputs whose shapes are all known; throws `shapeError`. null for an output whose shape hangs on
   * data that is no constant; "unknown" for foreign operators.
   */
  readonly infer: Rule<[node: Node<A>], readonly Shape[]> | "unknown";
  /** Element types of the outputs; that of the first input when absent. */
  readonly dtypes?: Rule<[node: Node<A>], readonly DType[]>;
  /** Input gradients from output gradients (null: nothing flows from there). "none" says there is no gradient. */
  readonly vjp: Rule<[g: Graph, node: Node<A>, dys: readonly (Value | null)[]], Gradients> | "none";
  /**
   * The (only) output worked out in TypeScript, given that all inputs are small constants: for the shape computations
   * of imported models. The output's shape, where it can be inferred, stands in `node.outputs[0].shape`.
   */
  readonly fold?: Rule<[node: Node<A>], Tensor>;
  /** Says that the operator looks only at the shape of its input, so that it folds whatever the input holds. */
  readonly reads?: "shape";
}

/** Sizes, or null when they are not known. */
export type Shape = readonly number[] | null;

/** A function in method form: an operator of certain attributes passes for one of any (the node brings its own). */
type Rule<Args extends unknown[], Result> = { rule(...args: Args): Result }["rule"];

/** An edge of the graph: a tensor that flows, or a constant. */
export interface Value {
  /** Unique within its graph. */
  name: string;
  dtype: DType;
  /** Known sizes, or null when one of them (the batch, say) is open. */
  shape: Shape;
  /** Sizes as declared at an input or output of an imported model: names stand for open sizes. */
  dims?: readonly (number | string)[];
  readonly producer: Node | null;
  readonly constant: Tensor | null;
}

/** One application of an operator. */
export interface Node<A extends Attributes | null = Attributes | null> {
  readonly op: Op<A>;
  readonly name: string;
  /** null stands for an optional input left out. */
  inputs: (Value | null)[];
  readonly attributes: A;
  readonly outputs: Value[];
}

const freshIn = (used: Set<string>, wanted: string): string => {
  let name = wanted;
  for (let i = 2; used.has(name); i++) name = `${wanted}_${i}`;
  used.add(name);
  return name;
};

/** A dataflow graph of ONNX operators, in topological order by construction. */
export class Graph {
  readonly name: string;
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  nodes: Node[] = [];
  readonly #valueNames = new Set<string>();
  readonly #nodeNames = new Set<string>();

  constructor(name = "graph") {
    this.name = name;
  }

  /** A value name not yet used in this graph: `wanted`, else `wanted_2`, `wanted_3`, … */
  freshName(wanted: string): string {
    return freshIn(this.#valueNames, wanted);
  }

  /** A graph input. `shape` null or with open (named) sizes: nothing is inferred from it. */
  input(name: string, dtype: DType, dims: readonly (number | string)[] | null): Value {
    const known = dims?.every((d) => typeof d === "number") ? (dims as readonly number[]) : null;
    const value: Value = {
      name: this.freshName(name),
      dtype,
      shape: known,
      producer: null,
      constant: null,
      ...(dims && { dims }),
    };
    this.inputs.push(value);
    return value;
  }

  /** A constant: a tensor, or a number taken as a float32 scalar. */
  constant(tensor: Tensor | number, name = "constant"): Value {
    const constant = typeof tensor === "number" ? floats([], [tensor]) : tensor;
    return { name: this.freshName(name), dtype: constant.dtype, shape: constant.shape, producer: null, constant };
  }

  /** Marks `value` as an output, renamed to `name` if given. Inputs, and what is an output already, keep their name. */
  output(value: Value, name?: string, dims?: readonly (number | string)[]): Value {
    if (name !== undefined && name !== value.name) {
      if (this.inputs.includes(value) || this.outputs.includes(value))
        throw internalError(`"${value.name}" cannot be output as "${name}" too: put an identity in between`);
      value.name = this.freshName(name);
    }
    if (dims) value.dims = dims;
    this.outputs.push(value);
    return value;
  }

  /** Applies an operator of one output. */
  apply<A extends Attributes | null>(op: Op<A>, inputs: readonly (Value | null)[], attributes: A): Value {
    return this.applyAll(op, inputs, attributes)[0]!;
  }

  /** Applies an operator; `count` says how many of its outputs are wanted. */
  applyAll<A extends Attributes | null>(
    op: Op<A>,
    inputs: readonly (Value | null)[],
    attributes: A,
    count = op.outputs ?? 1,
  ): Value[] {
    const names = Array.from({ length: count }, () => op.type.toLowerCase());
    const node = this.add(op, inputs, attributes, names);
    const shapes = inputs.every((v) => !v || v.shape) ? inferShapes(node) : null;
    if (shapes && shapes.length < count)
      throw internalError(`${op.type} inferred ${shapes.length} shapes for ${count} outputs`);
    node.outputs.forEach((value, i) => (value.shape = shapes?.[i] ?? null));
    return node.outputs;
  }

  /** Appends a node whose outputs are named by the caller, with no shapes inferred (as an importer does). */
  add<A extends Attributes | null>(
    op: Op<A>,
    inputs: readonly (Value | null)[],
    attributes: A,
    outputNames: readonly string[],
    name = `${op.type}_${this.nodes.length}`,
  ): Node<A> {
    const node: Node<A> = { op, name: freshIn(this.#nodeNames, name), inputs: [...inputs], attributes, outputs: [] };
    const first = inputs.find((v) => v !== null)?.dtype ?? "float32";
    const dtypes = op.dtypes?.(node);
    outputNames.forEach((output, i) =>
      node.outputs.push({
        name: this.freshName(output),
        dtype: dtypes?.[i] ?? first,
        shape: null,
        producer: node,
        constant: null,
      }),
    );
    this.nodes.push(node);
    return node;
  }
}

/** Output shapes of a node whose input shapes are all known; null for foreign operators. */
export const inferShapes = <A extends Attributes | null>(node: Node<A>): readonly Shape[] | null =>
  node.op.infer === "unknown" ? null : node.op.infer(node);

/** The shape of a value where the caller relies on its being known. */
export const shapeOf = (value: Value): readonly number[] => {
  if (!value.shape) throw internalError(`the shape of ${value.name} is not known; specialise the graph to sizes first`);
  return value.shape;
};

import { shapeError } from "../base/errors.ts";
import { floats, sizeOf, tensorOf } from "../graph/dtype.ts";
import { numbersOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import { intsValue, positiveAxis, type AttributesOf } from "./_shared.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./reshape.ts";

interface Settings {
  readonly mode: string;
  readonly coordinate_transformation_mode: string;
  readonly nearest_mode: string;
  readonly cubic_coeff_a: number;
  readonly exclude_outside: number;
  readonly extrapolation_value: number;
  readonly antialias: number;
  readonly axes: readonly number[];
  readonly keep_aspect_ratio_policy: string;
}
type ResizeAttributes = AttributesOf<Settings>;

/** How one axis changes: sizes before and after, and the scale as given (not always their quotient). */
interface Stretch {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** The axes that are resized; null when sizes are computed in the graph. */
const stretches = ({ inputs: [x, , scales, sizes], attributes }: Node<ResizeAttributes>): Stretch[] | null => {
  const shape = shapeOf(x!);
  const given = sizes ?? scales;
  if (!given?.constant) return null;
  const numbers = numbersOf(given.constant);
  const { axes = shape.map((_, i) => i), keep_aspect_ratio_policy: policy = "stretch" } = attributes;
  const along = axes.map((axis) => positiveAxis("Resize", axis, shape.length));
  if (numbers.length !== along.length) throw shapeError("Resize", `${along.length} sizes or scales`, `[${numbers}]`);
  const ratios = along.map((axis, i) => (sizes ? numbers[i]! / shape[axis]! : numbers[i]!));
  const common = policy === "not_larger" ? Math.min(...ratios) : policy === "not_smaller" ? Math.max(...ratios) : null;
  return along.map((axis, i) => {
    const from = shape[axis]!;
    if (sizes && common === null) return { axis, from, to: numbers[i]!, scale: ratios[i]! };
    const scale = common ?? ratios[i]!;
    return { axis, from, to: sizes ? Math.round(from * scale) : Math.floor(from * scale), scale };
  });
};

export const op: Op<ResizeAttributes> = {
  type: "Resize",
  attributes: {
    mode: "string",
    coordinate_transformation_mode: "string",
    nearest_mode: "string",
    cubic_coeff_a: "float",
    exclude_outside: "int",
    extrapolation_value: "float",
    antialias: "int",
    axes: "ints",
    keep_aspect_ratio_policy: "string",
  },
  infer: (node) => {
    const found = stretches(node);
    return [found && shapeOf(node.inputs[0]!).map((n, axis) => found.find((s) => s.axis === axis)?.to ?? n)];
  },
  // resizing is linear in x, axis by axis: y = R x   =>   dx = Rᵀ dy
  vjp: (g, node, [dy]) => {
    const found = stretches(node);
    const { antialias, coordinate_transformation_mode: coordinates } = node.attributes;
    if (!found || antialias === 1 || coordinates === "tf_crop_and_resize")
      throw shapeError("Resize", "constant sizes, no antialias and no crop, for a gradient", `${coordinates}`);
    const dx = found.reduce((d, stretch) => (isIdle(stretch) ? d : applied(g, d, stretch, node.attributes)), dy!);
    return [dx, null, null, null];
  },
};

const isIdle = ({ from, to, scale }: Stretch): boolean => from === to && scale === 1;

/** Rᵀ dy along one axis. */
const applied = (g: Graph, dy: Value, stretch: Stretch, attributes: ResizeAttributes): Value => {
  const { axis, from, to } = stretch;
  const shape = shapeOf(dy);
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const rows = weightsOf(stretch, attributes); // [to][from]
  const transposed = Array.from({ length: from * to }, (_, flat) => rows[flat % to]![Math.floor(flat / to)]!);
  const last = sizeOf(after) === 1;
  const matrix = last
    ? g.constant(floats([to, from], rows.flat()), "weights")
    : g.constant(floats([from, to], transposed), "weights");
  const flat = reshape(g, dy, last ? [sizeOf(before), to] : [sizeOf(before), to, sizeOf(after)]);
  return reshape(g, last ? matmul(g, flat, matrix) : matmul(g, matrix, flat), [...before, from, ...after]);
};

/** The place in the input of element `at` of the output. */
const sourceOf = (at: number, { from, to, scale }: Stretch, mode: string): number => {
  switch (mode) {
    case "align_corners":
      return to === 1 ? 0 : (at * (from - 1)) / (to - 1);
    case "asymmetric":
      return at / scale;
    case "pytorch_half_pixel":
      return to === 1 ? 0 : (at + 0.5) / scale - 0.5;
    case "half_pixel_symmetric":
      return (from / 2) * (1 - to / (scale * from)) + (at + 0.5) / scale - 0.5;
    default:
      return (at + 0.5) / scale - 0.5;
  }
};

const rounded = (x: number, mode: string): number => {
  if (mode === "floor") return Math.floor(x);
  if (mode === "ceil") return Math.ceil(x);
  return mode === "round_prefer_ceil" ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
};

/** For each output element the weight of every input element: [to][from]. */
const weightsOf = (stretch: Stretch, attributes: ResizeAttributes): number[][] => {
  const { mode = "nearest", coordinate_transformation_mode: coordinates = "half_pixel" } = attributes;
  const { nearest_mode = "round_prefer_floor", cubic_coeff_a: a = -0.75, exclude_outside: exclude = 0 } = attributes;
  return Array.from({ length: stretch.to }, (_, at) => {
    const row = new Array<number>(stretch.from).fill(0);
    const put = (place: number, weight: number): void => {
      row[Math.min(Math.max(place, 0), stretch.from - 1)]! += weight;
    };
    const x = sourceOf(at, stretch, coordinates);
    const [low, t] = [Math.floor(x), x - Math.floor(x)];
    if (mode === "nearest") put(rounded(x, nearest_mode), 1);
    else if (mode === "linear") [1 - t, t].forEach((weight, i) => put(low + i, weight));
    else {
      const taps = cubic(t, a).map((weight, i) => ({ place: low - 1 + i, weight }));
      const kept = exclude ? taps.filter(({ place }) => place >= 0 && place < stretch.from) : taps;
      const total = exclude ? kept.reduce((sum, { weight }) => sum + weight, 0) : 1;
      for (const { place, weight } of kept) put(place, weight / total);
    }
    return row;
  });
};

/** Cubic convolution weights of the four neighbours. Keys 1981. */
const cubic = (t: number, a: number): number[] => {
  const near = (s: number): number => ((a + 2) * s - (a + 3)) * s * s + 1;
  const far = (s: number): number => ((a * s - 5 * a) * s + 8 * a) * s - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
};

interface ResizeOptions {
  /** Of all axes. */
  readonly sizes: readonly number[];
  readonly mode?: "nearest" | "linear" | "cubic";
  readonly coordinates?: "half_pixel" | "asymmetric" | "align_corners" | "pytorch_half_pixel";
}

/** x resampled to other sizes; nearest neighbour by default. */
export const resize = (
  g: Graph,
  x: Value,
  { sizes, mode = "nearest", coordinates = "half_pixel" }: ResizeOptions,
): Value =>
  g.apply(op, [x, null, null, intsValue(g, sizes, "sizes")], { mode, coordinate_transformation_mode: coordinates });

/** Every element repeated by a whole factor along each spatial axis: [n, c, …] -> [n, c, … · factors]. */
export const enlarge = (g: Graph, x: Value, factors: readonly number[]): Value =>
  g.apply(op, [x, null, g.constant(tensorOf("float32", [factors.length + 2], [1, 1, ...factors]), "scales")], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });

import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import { constantInts, intsValue, positiveAxis, rearrange, tensorAt, withSizes } from "./_shared.ts";
import { pad } from "./pad.ts";
import { reshape } from "./reshape.ts";

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** What is taken of each sliced axis, by the rules of ONNX; null when the bounds are no constants. */
const rangesOf = ({ inputs: [x, starts, ends, axes, steps] }: Node): Range[] | null => {
  const shape = shapeOf(x!);
  const [from, to] = [constantInts(starts), constantInts(ends)];
  const along = axes ? constantInts(axes) : from?.map((_, i) => i);
  const by = steps ? constantInts(steps) : from?.map(() => 1);
  if (!from || !to || !along || !by) return null;
  return along.map((given, i) => {
    const axis = positiveAxis("Slice", given, shape.length);
    const [n, step] = [shape[axis]!, by[i]!];
    if (step === 0) throw shapeError("Slice", "steps other than 0", `[${by}]`);
    const bound = (at: number, low: number, high: number): number =>
      Math.min(Math.max(at < 0 ? at + n : at, low), high);
    const start = step > 0 ? bound(from[i]!, 0, n) : bound(from[i]!, 0, n - 1);
    const end = step > 0 ? bound(to[i]!, 0, n) : bound(to[i]!, -1, n - 1);
    return { axis, start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
};

/** Puts zeros between the slices of an axis, `step - 1` after each. */
const spread = (g: Graph, dy: Value, axis: number, step: number): Value => {
  const shape = shapeOf(dy);
  const apart = reshape(g, dy, shape.toSpliced(axis + 1, 0, 1));
  const pads = new Array<number>(2 * shape.length + 2).fill(0);
  pads[shape.length + 1 + axis + 1] = step - 1;
  return reshape(g, pad(g, apart, pads), withSizes(shape, new Map([[axis, shape[axis]! * step]])));
};

export const op: Op<null> = {
  type: "Slice",
  infer: (node) => {
    const ranges = rangesOf(node);
    return [ranges && withSizes(shapeOf(node.inputs[0]!), new Map(ranges.map((r) => [r.axis, r.length])))];
  },
  // dx = dy where it was taken from, zeros elsewhere: reversed steps turned round, gaps filled, then padded
  vjp: (g, node, [dy]) => {
    const ranges = rangesOf(node);
    if (!ranges) throw shapeError("Slice", "constant bounds, for a gradient", "bounds computed in the graph");
    const shape = shapeOf(node.inputs[0]!);
    const pads = new Array<number>(2 * shape.length).fill(0);
    let dx = dy!;
    for (const { axis, start, step, length } of ranges) {
      if (step < 0) dx = reverse(g, dx, axis);
      const gap = Math.abs(step);
      if (gap > 1) dx = spread(g, dx, axis, gap);
      const first = step < 0 ? start + step * (length - 1) : start;
      pads[axis] = first;
      pads[shape.length + axis] = shape[axis]! - first - length * gap;
    }
    return [pad(g, dx, pads), null, null, null, null];
  },
  fold: (node) => {
    const ranges = new Map(rangesOf(node)!.map((r) => [r.axis, r]));
    return rearrange(tensorAt(node, 0), shapeOf(node.outputs[0]!), (at) =>
      at.map((i, axis) => (ranges.get(axis)?.start ?? 0) + i * (ranges.get(axis)?.step ?? 1)),
    );
  },
};

export interface SliceOptions {
  readonly starts: readonly number[];
  /** Exclusive; beyond the end means up to the end. */
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps?: readonly number[];
}

/** The part of each of `axes` from start to end; negative positions count from the end. */
export const slice = (g: Graph, x: Value, { starts, ends, axes, steps }: SliceOptions): Value => {
  const bounds = [intsValue(g, starts, "starts"), intsValue(g, ends, "ends"), intsValue(g, axes, "axes")];
  return g.apply(op, [x, ...bounds, ...(steps ? [intsValue(g, steps, "steps")] : [])], null);
};

/** The elements of an axis in reverse order. */
export const reverse = (g: Graph, x: Value, axis: number): Value =>
  slice(g, x, { starts: [-1], ends: [-(2 ** 62)], axes: [axis], steps: [-1] });

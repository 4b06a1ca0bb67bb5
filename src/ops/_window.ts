import { shapeError } from "../base/errors.ts";
import { shapeOf, type Node } from "../graph/graph.ts";
import type { AttributesOf } from "./_shared.ts";

interface WindowSettings {
  readonly auto_pad: string;
  readonly dilations: readonly number[];
  readonly kernel_shape: readonly number[];
  /** All begins, then all ends. */
  readonly pads: readonly number[];
  readonly strides: readonly number[];
}

/** Where a kernel stands: strides and dilations 1 and no padding when left out. */
export type WindowAttributes = AttributesOf<WindowSettings>;

export const windowKinds = {
  auto_pad: "string",
  dilations: "ints",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
} as const;

/** A sliding window with nothing left implicit; one number for each spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** How many places the window takes. */
  readonly places: readonly number[];
}

/** Sizes from the first to the last element under a dilated kernel. */
export const extentOf = (kernel: readonly number[], dilations: readonly number[]): number[] =>
  kernel.map((k, i) => (k - 1) * dilations[i]! + 1);

/** The padding that `auto_pad` SAME_UPPER or SAME_LOWER stands for: `total` split in two, the odd one at the named end. */
export const splitPadding = (auto: string, total: readonly number[]): { begin: number[]; end: number[] } => {
  const small = total.map((t) => Math.floor(t / 2));
  const large = total.map((t) => Math.ceil(t / 2));
  return auto === "SAME_LOWER" ? { begin: large, end: small } : { begin: small, end: large };
};

/**
 * The window of a convolution or pooling over `sizes`.
 * @param ceil  1: the last window may hang over the end, if it starts before the end of what is there
 * @throws HandfulError E_SHAPE when the kernel is larger than the padded input
 */
export const windowOf = (
  where: string,
  attributes: WindowAttributes,
  { kernel, sizes, ceil = 0 }: { kernel: readonly number[]; sizes: readonly number[]; ceil?: number | undefined },
): Window => {
  const rank = sizes.length;
  const ones = new Array<number>(rank).fill(1);
  const { strides = ones, dilations = ones, pads = new Array<number>(2 * rank).fill(0), auto_pad: auto } = attributes;
  const extent = extentOf(kernel, dilations);
  const same = auto === "SAME_UPPER" || auto === "SAME_LOWER";
  const missing = sizes.map((n, i) => Math.max(0, (Math.ceil(n / strides[i]!) - 1) * strides[i]! + extent[i]! - n));
  const explicit = auto === "VALID" ? { begin: ones.map(() => 0), end: ones.map(() => 0) } : null;
  const { begin, end } = same
    ? splitPadding(auto, missing)
    : (explicit ?? { begin: pads.slice(0, rank), end: pads.slice(rank) });
  const places = sizes.map((n, i) => {
    const steps = (n + begin[i]! + end[i]! - extent[i]!) / strides[i]!;
    if (steps < 0) throw shapeError(where, `a kernel of at most ${n + begin[i]! + end[i]!}`, `${extent[i]!}`);
    if (!ceil) return Math.floor(steps) + 1;
    const count = Math.ceil(steps) + 1;
    return (count - 1) * strides[i]! >= n + begin[i]! ? count - 1 : count;
  });
  return { kernel, strides, dilations, begin, end, places };
};

/** The window as attributes of a node, without `kernel_shape`. */
export const windowAttributes = ({
  strides,
  dilations,
  begin,
  end,
}: Omit<Window, "kernel" | "places">): WindowAttributes => ({
  strides,
  dilations,
  pads: [...begin, ...end],
});

/** The shape rule of pooling over all of the picture: [n, c, …] -> [n, c, 1, …]. */
export const globalShape = ({ inputs: [x] }: Node): (readonly number[])[] => [
  shapeOf(x!).map((n, axis) => (axis < 2 ? n : 1)),
];

/** Whether windows lie side by side and cover everything. */
export const tiles = ({ kernel, strides, dilations, begin, end, places }: Window, sizes: readonly number[]): boolean =>
  kernel.every((k, i) => k === strides[i] && (dilations[i] === 1 || k === 1) && places[i]! * k === sizes[i]!) &&
  [...begin, ...end].every((n) => n === 0);

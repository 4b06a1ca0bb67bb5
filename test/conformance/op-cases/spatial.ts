import { floats } from "../../../src/graph/dtype.ts";
import { averagePool } from "../../../src/ops/average-pool.ts";
import { batchNormalization, batchNormalizationTraining } from "../../../src/ops/batch-normalization.ts";
import { conv, convTranspose } from "../../../src/ops/conv.ts";
import { depthToSpace, spaceToDepth } from "../../../src/ops/depth-to-space.ts";
import { globalAveragePool } from "../../../src/ops/global-average-pool.ts";
import { globalMaxPool } from "../../../src/ops/global-max-pool.ts";
import { gridSample } from "../../../src/ops/grid-sample.ts";
import { instanceNormalization } from "../../../src/ops/instance-normalization.ts";
import { maxPool, maxPoolWithIndices, maxUnpool } from "../../../src/ops/max-pool.ts";
import { enlarge, resize } from "../../../src/ops/resize.ts";
import { apart, f, row, within, type OpCase } from "./case.ts";

type ConvAttributes = NonNullable<Parameters<typeof conv>[2]>;
type TransposedAttributes = NonNullable<Parameters<typeof convTranspose>[2]>;
type Shape = readonly number[];

const convolution = (x: Shape, w: Shape, attributes: ConvAttributes = {}): OpCase =>
  row("Conv", (g, ...xs) => conv(g, [xs[0]!, xs[1]!, xs[2]!], attributes), [f(x), f(w, "w"), f([w[0]!], "b")]);

const transposed = (x: Shape, w: Shape, attributes: TransposedAttributes = {}): OpCase => {
  const bias = f([w[1]! * (attributes.group ?? 1)], "b");
  return row("ConvTranspose", (g, ...xs) => convTranspose(g, [xs[0]!, xs[1]!, xs[2]!], attributes), [
    f(x),
    f(w, "w"),
    bias,
  ]);
};

/** Places in [-1.1, 1.1] that stay off pixel centres and edges of pictures of 4 and 5 pixels, where the slope jumps. */
const places = floats(
  [2, 2, 3, 2],
  Array.from(
    { length: 24 },
    (_, i) => [-1.07, -0.87, -0.31, 0.13, 0.71, 0.53, -0.66, 1.09, 0.29, -0.11, 0.9, -0.55][(i * 5) % 12]!,
  ),
);

const everyMode = (["linear", "cubic", "nearest"] as const).flatMap((mode) =>
  (["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"] as const).flatMap((coordinates) =>
    [
      [1, 2, 7, 5],
      [1, 2, 2, 3],
    ].map((sizes) => row("Resize", (g, x) => resize(g, x, { sizes, mode, coordinates }), [f([1, 2, 4, 3])])),
  ),
);

/** Convolutions, pooling, normalisation by channel, resampling. */
export const cases: readonly OpCase[] = [
  convolution([2, 3, 5, 6], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
  convolution([2, 9, 5, 4], [4, 9, 3, 2]),
  convolution([2, 9, 20, 17], [2, 9, 2, 2]), // more places than FEW_PLACES: a product for each image
  convolution([2, 9, 6, 6], [4, 9, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
  convolution([2, 3, 7, 8], [4, 3, 3, 3], { pads: [1, 0, 2, 1], strides: [2, 3] }),
  convolution([1, 3, 7, 7], [2, 3, 3, 3], { dilations: [2, 2], pads: [2, 1, 2, 3] }),
  convolution([1, 2, 9, 8], [2, 2, 3, 2], { dilations: [2, 1], strides: [1, 2], pads: [1, 2, 0, 1] }),
  convolution([2, 6, 5, 5], [4, 3, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  convolution([2, 4, 5, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }),
  convolution([2, 4, 6, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1], strides: [2, 2] }),
  convolution([1, 2, 6, 6], [2, 1, 5, 5], { group: 2, pads: [2, 2, 2, 2] }),
  convolution([2, 2, 5, 5], [4, 1, 3, 3], { group: 2 }),
  convolution([2, 5, 4, 4], [3, 5, 1, 1]),
  convolution([2, 5, 5, 4], [3, 5, 1, 1], { strides: [2, 2] }),
  convolution([1, 2, 3, 3], [2, 2, 3, 3]),
  convolution([1, 2, 3, 3], [2, 2, 1, 1], { pads: [1, 1, 1, 1] }), // more padding than the kernel reaches
  convolution([2, 3, 7], [4, 3, 3], { strides: [2], pads: [1, 1] }),
  convolution([1, 2, 4, 3, 4], [3, 2, 2, 2, 3], { pads: [1, 0, 1, 0, 1, 1], strides: [2, 1, 1] }),
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].map((auto_pad) =>
    convolution([1, 2, 6, 5], [2, 2, 2, 3], { auto_pad, strides: [2, 2] }),
  ),
  transposed([2, 3, 4, 3], [3, 2, 3, 3]),
  transposed([2, 3, 4, 3], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0] }),
  transposed([2, 4, 3, 3], [4, 2, 3, 3], { group: 2, strides: [2, 3], dilations: [2, 1] }),
  transposed([1, 2, 4], [2, 3, 4], { strides: [2], pads: [1, 1] }),
  transposed([1, 2, 2, 3, 2], [2, 1, 2, 2, 2], { strides: [2, 1, 2] }),
  transposed([1, 2, 3, 3], [2, 2, 3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
  transposed([1, 2, 3, 3], [2, 2, 3, 3], { output_shape: [6, 5], strides: [2, 2] }),

  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [2, 2], strides: [2, 2] }), [apart([2, 3, 4, 6])]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [2, 2], strides: [2, 2] }), [apart([1, 2, 5, 5])]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }), [
    apart([2, 2, 6, 7]),
  ]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }), [
    apart([1, 2, 6, 8]),
  ]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [2, 2], dilations: [2, 2] }), [apart([1, 2, 5, 5])]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [2, 3], auto_pad: "SAME_UPPER", strides: [2, 2] }), [
    apart([1, 2, 5, 5]),
  ]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [2], strides: [2] }), [apart([2, 2, 6])]),
  row("MaxPool", (g, x) => maxPool(g, x, { kernel_shape: [2, 1, 2], strides: [2, 1, 1] }), [apart([1, 2, 4, 2, 3])]),
  row("MaxPool", (g, x) => maxPoolWithIndices(g, x, { kernel_shape: [2, 2] }), [apart([1, 2, 3, 3])]),
  row(
    "MaxUnpool",
    (g, x, y) => {
      const [, indices] = maxPoolWithIndices(g, x, { kernel_shape: [2, 2], strides: [2, 2] });
      return maxUnpool(g, [y, indices], [1, 2, 5, 4], { kernel_shape: [2, 2], strides: [2, 2] });
    },
    [apart([1, 2, 5, 4]), f([1, 2, 2, 2])],
  ),
  row("AveragePool", (g, x) => averagePool(g, x, { kernel_shape: [2, 2], strides: [2, 2] }), [f([2, 3, 4, 6])]),
  row("AveragePool", (g, x) => averagePool(g, x, { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] }), [
    f([2, 2, 5, 4]),
  ]),
  row(
    "AveragePool",
    (g, x) => averagePool(g, x, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 }),
    [f([1, 2, 5, 6])],
  ),
  ...[0, 1].map((count_include_pad) =>
    row(
      "AveragePool",
      (g, x) =>
        averagePool(g, x, {
          kernel_shape: [3, 3],
          strides: [2, 2],
          pads: [0, 1, 0, 1],
          ceil_mode: 1,
          count_include_pad,
        }),
      [f([1, 2, 6, 7])],
    ),
  ),
  row("AveragePool", (g, x) => averagePool(g, x, { kernel_shape: [3], auto_pad: "SAME_LOWER" }), [f([1, 2, 5])]),
  row("GlobalAveragePool", globalAveragePool, [f([2, 3, 4, 2])]),
  row("GlobalMaxPool", globalMaxPool, [apart([2, 3, 2, 2])]),

  row(
    "BatchNormalization",
    (g, x, scale, bias, mean, variance) => batchNormalization(g, x, { scale, bias, mean, variance, epsilon: 1e-3 }),
    [f([2, 3, 2, 2]), f([3], "s"), f([3], "b"), f([3], "m"), within(0.5, 2, [3])],
  ),
  ...[
    [3, 2, 4, 3],
    [5, 3],
    [2, 2, 3, 2, 2],
  ].map((shape) =>
    row(
      "BatchNormalization",
      (g, x, scale, bias) => {
        const { y, mean, variance } = batchNormalizationTraining(g, x, { scale, bias });
        return [y, mean, variance];
      },
      [f(shape), f([shape[1]!], "s"), f([shape[1]!], "b")],
    ),
  ),
  row("InstanceNormalization", (g, x, scale, bias) => instanceNormalization(g, x, { scale, bias }), [
    f([2, 3, 3, 2]),
    f([3], "s"),
    f([3], "b"),
  ]),

  ...everyMode,
  row("Resize", (g, x) => enlarge(g, x, [2, 3]), [f([1, 2, 3, 2])]),
  row("Resize", (g, x) => resize(g, x, { sizes: [1, 2, 6], mode: "linear" }), [f([1, 2, 4])]),
  ...([false, true] as const).flatMap((alignCorners) =>
    (["zeros", "border"] as const).map((padding) =>
      row("GridSample", (g, x, grid) => gridSample(g, x, grid, { padding, alignCorners }), [f([2, 3, 4, 5]), places]),
    ),
  ),
  row("GridSample", (g, x, grid) => gridSample(g, x, grid, { mode: "nearest" }), [f([2, 1, 4, 5]), places]),
  row("DepthToSpace", (g, x) => depthToSpace(g, x, 2), [f([1, 8, 2, 3])]),
  row("DepthToSpace", (g, x) => depthToSpace(g, x, 2, "CRD"), [f([1, 8, 2, 3])]),
  row("SpaceToDepth", (g, x) => spaceToDepth(g, x, 2), [f([1, 2, 4, 6])]),
];

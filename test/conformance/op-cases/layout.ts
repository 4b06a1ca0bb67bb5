import { op as cumSumOp } from "../../../src/ops/cum-sum.ts";
import { argMax } from "../../../src/ops/arg-max.ts";
import { argMin } from "../../../src/ops/arg-min.ts";
import { concat } from "../../../src/ops/concat.ts";
import { constantOfShape } from "../../../src/ops/constant-of-shape.ts";
import { cumSum } from "../../../src/ops/cum-sum.ts";
import { expand } from "../../../src/ops/expand.ts";
import { flatten } from "../../../src/ops/flatten.ts";
import { gather } from "../../../src/ops/gather.ts";
import { nonZero } from "../../../src/ops/non-zero.ts";
import { oneHot } from "../../../src/ops/one-hot.ts";
import { pad } from "../../../src/ops/pad.ts";
import { range } from "../../../src/ops/range.ts";
import { reshape } from "../../../src/ops/reshape.ts";
import { gatherElements, scatterElements } from "../../../src/ops/scatter-elements.ts";
import { gatherNd, scatterNd } from "../../../src/ops/scatter-nd.ts";
import { shape } from "../../../src/ops/shape.ts";
import { size } from "../../../src/ops/size.ts";
import { reverse, slice } from "../../../src/ops/slice.ts";
import { split } from "../../../src/ops/split.ts";
import { squeeze } from "../../../src/ops/squeeze.ts";
import { tile } from "../../../src/ops/tile.ts";
import { topK } from "../../../src/ops/top-k.ts";
import { transpose } from "../../../src/ops/transpose.ts";
import { trilu } from "../../../src/ops/trilu.ts";
import { unsqueeze } from "../../../src/ops/unsqueeze.ts";
import { floats } from "../../../src/graph/dtype.ts";
import { op as shapeOp } from "../../../src/ops/shape.ts";
import { op as gatherOp } from "../../../src/ops/gather.ts";
import { op as padOp } from "../../../src/ops/pad.ts";
import { apart, f, i, row, type OpCase } from "./case.ts";

/** Operators that move, pick, repeat or put down elements. */
export const cases: readonly OpCase[] = [
  row("Reshape", (g, x) => reshape(g, x, [3, 2]), [f([2, 3])]),
  row("Reshape", (g, x) => reshape(g, x, [0, -1, 1]), [f([2, 3, 2])]),
  row("Transpose", (g, x) => transpose(g, x, [1, 2, 0]), [f([2, 3, 4])]),
  row("Transpose", (g, x) => transpose(g, x), [f([2, 3, 4])]),
  row("Flatten", (g, x) => flatten(g, x), [f([2, 3, 4])]),
  row("Flatten", (g, x) => flatten(g, x, 0), [f([2, 3])]),
  row("Flatten", (g, x) => flatten(g, x, -1), [f([2, 3, 4])]),
  row("Squeeze", (g, x) => squeeze(g, x), [f([2, 1, 3, 1])]),
  row("Squeeze", (g, x) => squeeze(g, x, [-1]), [f([2, 1, 3, 1])]),
  row("Unsqueeze", (g, x) => unsqueeze(g, x, [0, -1]), [f([2, 3])]),
  row("Expand", (g, x) => expand(g, x, [2, 1, 3]), [f([4, 1])]),
  row("Concat", (g, x, y, z) => concat(g, [x, y, z], 1), [f([2, 1]), f([2, 3]), f([2, 2])]),
  row("Concat", (g, x, y) => concat(g, [x, y, x], -2), [f([2, 3]), f([1, 3])]),
  row("Slice", (g, x) => slice(g, x, { starts: [1], ends: [3], axes: [0] }), [f([4, 3])]),
  row("Slice", (g, x) => slice(g, x, { starts: [-3, 0], ends: [2 ** 62, -1], axes: [-1, 0] }), [f([3, 4])]),
  row("Slice", (g, x) => slice(g, x, { starts: [1], ends: [7], axes: [1], steps: [2] }), [f([2, 7])]),
  row("Slice", (g, x) => slice(g, x, { starts: [0], ends: [7], axes: [1], steps: [3] }), [f([2, 7])]),
  row("Slice", (g, x) => slice(g, x, { starts: [5, 0], ends: [0, 2], axes: [0, 1], steps: [-2, 1] }), [f([7, 3])]),
  row("Slice", (g, x) => reverse(g, x, 1), [f([2, 3])]),
  row("Gather", (g, x, at) => gather(g, x, at), [f([4, 3]), i([2, 0, 2], [3, 1])]),
  row("Gather", (g, x) => gather(g, x, [1, 0], 1), [f([2, 3, 2])]),
  row("Gather", (g, x) => gather(g, x, -1, 1), [f([2, 3, 2])]),
  row(
    "Gather",
    (g, x) =>
      g.apply(gatherOp, [x, g.constant(i([0, 1, 1, -1], [2, 2]))], {
        axis: 1,
      }),
    [f([2, 3, 2])],
  ),
  row("GatherElements", (g, x, at) => gatherElements(g, x, at, 1), [f([2, 3]), i([0, 0, 2, 1], [2, 2])]),
  row("ScatterElements", (g, x, at, u) => scatterElements(g, x, { indices: at, updates: u, axis: 1 }), [
    f([2, 3]),
    i([0, 1, 2, 1], [2, 2]),
    f([2, 2]),
  ]),
  row(
    "ScatterElements",
    (g, x, at, u) => scatterElements(g, x, { indices: at, updates: u, axis: 0, reduction: "add" }),
    [f([3, 2]), i([0, 0, 0, 1], [2, 2]), f([2, 2])],
  ),
  row("GatherND", gatherNd, [f([3, 2, 2]), i([0, 1, 2, 0, 0, 1], [3, 2])]),
  row("ScatterND", (g, x, at, u) => scatterNd(g, x, { indices: at, updates: u }), [
    f([4, 2]),
    i([3, 0], [2, 1]),
    f([2, 2]),
  ]),
  row("ScatterND", (g, x, at, u) => scatterNd(g, x, { indices: at, updates: u, reduction: "add" }), [
    f([4, 2]),
    i([3, 3], [2, 1]),
    f([2, 2]),
  ]),
  row("Pad", (g, x) => pad(g, x, [0, 1, 2, 0]), [f([2, 3])]),
  row("Pad", (g, x) => pad(g, x, [-1, 1, 0, -1], 2), [f([3, 3])]),
  row("Pad", (g, x) => pad(g, x, [0, 2, 0, 1], "reflect"), [f([2, 4])]),
  row("Pad", (g, x) => pad(g, x, [0, 0, 3, 3, 0, 0, 3, 3], "reflect"), [f([1, 2, 5, 4])]),
  row("Pad", (g, x) => pad(g, x, [2, 0, 1, 3], "edge"), [f([2, 3])]),
  row("Pad", (g, x) => g.apply(padOp, [x, g.constant(i([1, 2], [2])), null, g.constant(i([-1], [1]))], {}), [
    f([2, 3]),
  ]),
  row("TopK", (g, x) => topK(g, x, { k: 2 }), [apart([3, 4])]),
  row("TopK", (g, x) => topK(g, x, { k: 1, axis: 0, largest: 0 })[0], [apart([3, 4])]),
  row("ArgMax", (g, x) => argMax(g, x, -1), [apart([3, 4])], 0),
  row("ArgMin", (g, x) => argMin(g, x, 1, 0), [apart([3, 4])], 0),
  row("Split", (g, x) => split(g, x, [1, 3], 1), [f([2, 4])]),
  row("Split", (g, x) => split(g, x, [1, 1, 2], -1)[1]!, [f([2, 4])]),
  row("Tile", (g, x) => tile(g, x, [2, 3]), [f([2, 3])]),
  row("ConstantOfShape", (g) => constantOfShape(g, g.constant(i([2, 3])), floats([1], [0.5])), []),
  row("Shape", (g, x) => shape(g, x), [f([2, 3])], 0),
  row("Shape", (g, x) => g.apply(shapeOp, [x], { start: 1, end: -1 }), [f([2, 3, 4])], 0),
  row("Size", (g, x) => size(g, x), [f([2, 3])], 0),
  row("Range", (g) => range(g, g.constant(i([7], [])), g.constant(i([1], [])), g.constant(i([-2], []))), []),
  row("OneHot", (g, at) => oneHot(g, at, 4), [i([1, 0, 3], [3, 1])]),
  row("Trilu", (g, x) => trilu(g, x, 1, 1), [f([2, 3, 3])]),
  row("Trilu", (g, x) => trilu(g, x, 0), [f([3, 4])]),
  row("NonZero", (g, x) => nonZero(g, x), [i([0, 1, 0, 2], [2, 2])]),
  row("CumSum", (g, x) => cumSum(g, x, 1), [f([2, 3])]),
  row("CumSum", (g, x) => g.apply(cumSumOp, [x, g.constant(i([0], []))], { exclusive: 1, reverse: 1 }), [f([3, 2])]),
];

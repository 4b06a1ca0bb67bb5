import { floats, tensorOf } from "../../../src/graph/dtype.ts";
import { dequantizeLinear } from "../../../src/ops/dequantize-linear.ts";
import { quantizeLinear } from "../../../src/ops/quantize-linear.ts";
import { f, row, type OpCase } from "./case.ts";

const bytes = tensorOf("int8", [2, 3], [-128, -3, 0, 5, 77, 127]);

/** Operators between floats and 8-bit numbers; no gradient passes. */
export const cases: readonly OpCase[] = [
  row(
    "QuantizeLinear",
    (g, x) => quantizeLinear(g, [x, g.constant(0.02), g.constant(tensorOf("uint8", [], [128]))]),
    [f([2, 3])],
    0,
  ),
  row(
    "QuantizeLinear",
    (g, x) =>
      quantizeLinear(g, [x, g.constant(floats([3], [0.1, 0.02, 1])), g.constant(tensorOf("int8", [3], [0, 1, -5]))]),
    [f([2, 3, 4])],
    0,
  ),
  row("DequantizeLinear", (g, x) => dequantizeLinear(g, [x, g.constant(0.5)]), [bytes], 0),
  row(
    "DequantizeLinear",
    (g, x) =>
      dequantizeLinear(g, [x, g.constant(floats([2], [0.1, 2])), g.constant(tensorOf("int8", [2], [3, -1]))], 0),
    [bytes],
    0,
  ),
];

import { abs } from "../../../src/ops/abs.ts";
import { add } from "../../../src/ops/add.ts";
import { and } from "../../../src/ops/and.ts";
import { cast } from "../../../src/ops/cast.ts";
import { ceil } from "../../../src/ops/ceil.ts";
import { clip } from "../../../src/ops/clip.ts";
import { cos } from "../../../src/ops/cos.ts";
import { div } from "../../../src/ops/div.ts";
import { elu } from "../../../src/ops/elu.ts";
import { equal } from "../../../src/ops/equal.ts";
import { erf } from "../../../src/ops/erf.ts";
import { exp } from "../../../src/ops/exp.ts";
import { floor } from "../../../src/ops/floor.ts";
import { gelu } from "../../../src/ops/gelu.ts";
import { greaterOrEqual } from "../../../src/ops/greater-or-equal.ts";
import { greater } from "../../../src/ops/greater.ts";
import { hardSigmoid, step } from "../../../src/ops/hard-sigmoid.ts";
import { hardSwish } from "../../../src/ops/hard-swish.ts";
import { identity } from "../../../src/ops/identity.ts";
import { isNaN } from "../../../src/ops/is-nan.ts";
import { leakyRelu } from "../../../src/ops/leaky-relu.ts";
import { lessOrEqual } from "../../../src/ops/less-or-equal.ts";
import { less } from "../../../src/ops/less.ts";
import { logSoftmax } from "../../../src/ops/log-softmax.ts";
import { log } from "../../../src/ops/log.ts";
import { max } from "../../../src/ops/max.ts";
import { min } from "../../../src/ops/min.ts";
import { mod } from "../../../src/ops/mod.ts";
import { mul } from "../../../src/ops/mul.ts";
import { neg } from "../../../src/ops/neg.ts";
import { not } from "../../../src/ops/not.ts";
import { or } from "../../../src/ops/or.ts";
import { pRelu } from "../../../src/ops/p-relu.ts";
import { pow } from "../../../src/ops/pow.ts";
import { reciprocal } from "../../../src/ops/reciprocal.ts";
import { relu } from "../../../src/ops/relu.ts";
import { round } from "../../../src/ops/round.ts";
import { sigmoid } from "../../../src/ops/sigmoid.ts";
import { sign } from "../../../src/ops/sign.ts";
import { sin } from "../../../src/ops/sin.ts";
import { softmax } from "../../../src/ops/softmax.ts";
import { softplus } from "../../../src/ops/softplus.ts";
import { sqrt } from "../../../src/ops/sqrt.ts";
import { sub } from "../../../src/ops/sub.ts";
import { sum } from "../../../src/ops/sum.ts";
import { tanh } from "../../../src/ops/tanh.ts";
import { where } from "../../../src/ops/where.ts";
import { xor } from "../../../src/ops/xor.ts";
import { apart, b, f, i, row, within, type OpCase } from "./case.ts";

const positive = (shape: readonly number[], seed = ""): ReturnType<typeof f> => within(0.5, 2, shape, seed);

/** Element-wise operators: arithmetic, activations, comparisons, logic. */
export const cases: readonly OpCase[] = [
  row("Add", add, [f([2, 3]), f([2, 3], "b")]),
  row("Add", add, [f([2, 3]), f([3])]),
  row("Add", add, [f([2, 1, 3]), f([4, 1])]),
  row("Add", (g, x) => add(g, x, x), [f([2, 3])]),
  row("Add", add, [i([1, 2, 3]), i([10], [])]),
  row("Sub", sub, [f([2, 3]), f([2, 1])]),
  row("Sub", (g, x) => sub(g, 1, x), [f([2, 3])]),
  row("Mul", mul, [f([2, 3]), f([3], "b")]),
  row("Mul", (g, x) => mul(g, x, x), [f([2, 3])]),
  row("Mul", (g, x) => mul(g, x, 3), [f([])]),
  row("Div", div, [f([2, 3]), positive([3])]),
  row("Div", div, [i([7, -7, 8]), i([2])]),
  row("Neg", neg, [f([2, 3])]),
  row("Abs", abs, [f([2, 3])]),
  row("Sign", sign, [f([2, 3])]),
  row("Sqrt", sqrt, [positive([2, 3])]),
  row("Exp", exp, [f([2, 3])]),
  row("Log", log, [positive([2, 3])]),
  row("Reciprocal", reciprocal, [positive([2, 3])]),
  row("Identity", identity, [f([2, 3])]),
  row("Pow", pow, [positive([2, 3]), f([3])]),
  row("Pow", (g, x) => pow(g, x, 2), [f([2, 3])]),
  row("Pow", (g, x) => pow(g, x, 3), [f([2, 3])]),
  row("Pow", (g, x) => pow(g, x, 1), [f([2, 3])]),
  row("Pow", (g, x) => pow(g, x, 0.5), [positive([2, 3])]),
  row("Pow", pow, [f([3]), i([2, 3, 2])]),
  row("Sigmoid", sigmoid, [f([2, 3])]),
  row("Tanh", tanh, [f([2, 3])]),
  row("Erf", erf, [f([2, 3])]),
  row("Relu", relu, [f([3, 4])]),
  row("HardSigmoid", (g, x) => hardSigmoid(g, x), [within(-4, -3, [4])]),
  row("HardSigmoid", (g, x) => hardSigmoid(g, x, 0.3, 0.4), [within(-0.8, 0.8, [2, 3])]),
  row("HardSigmoid", step, [f([2, 3])]),
  row("Clip", (g, x) => clip(g, x, 0, 6), [f([2, 3])]),
  row("Clip", (g, x) => clip(g, x, -3, -1), [within(-4.5, -3.3, [3])]),
  row("Clip", (g, x) => clip(g, x, null, 0), [f([2, 3])]),
  row("Clip", (g, x) => clip(g, x, 0, null), [f([2, 3])]),
  row("Clip", (g, x) => clip(g, x, null, null), [f([2, 3])]),
  row("Clip", (g, x, low, high) => clip(g, x, low, high), [
    apart([2, 3]),
    within(-0.525, -0.525, []),
    within(0.225, 0.225, []),
  ]),
  row("Min", min, [apart([2, 3]), within(-0.025, -0.025, [3])]),
  row("Max", max, [apart([2, 3]), within(-0.025, -0.025, [3])]),
  row("Max", (g, x) => max(g, x, x), [f([2, 3])]),
  row("Where", where, [b([1, 0, 1]), f([2, 3]), f([3], "b")]),
  row("Where", (g, c, x) => where(g, c, x, 0), [b([1, 0], [2, 1]), f([3])]),
  row("Equal", equal, [i([1, 2, 3]), i([1, 5, 3])]),
  row("Equal", equal, [f([2, 3]), f([3])], 0),
  row("Greater", greater, [f([2, 3]), f([3])], 0),
  row("Less", less, [f([2, 3]), f([3])], 0),
  row("GreaterOrEqual", greaterOrEqual, [i([1, 2, 3]), i([2], [])]),
  row("LessOrEqual", lessOrEqual, [i([1, 2, 3]), i([2], [])]),
  row("And", and, [b([1, 0, 1, 0]), b([1, 1, 0, 0])]),
  row("Or", or, [b([1, 0, 1, 0]), b([1, 1, 0, 0])]),
  row("Xor", xor, [b([1, 0, 1, 0]), b([1, 1, 0, 0])]),
  row("Not", not, [b([1, 0])]),
  row("IsNaN", isNaN, [f([2, 3])], 0),
  row("Cast", (g, x) => cast(g, x, "float32"), [f([2, 3])]),
  row("Cast", (g, x) => cast(g, x, "float64"), [f([2, 3])]),
  row("Cast", (g, x) => cast(g, x, "int64"), [f([2, 3])], 0),
  row("Cast", (g, x) => cast(g, x, "bool"), [i([0, 1, 2])]),
  row("Softmax", (g, x) => softmax(g, x), [f([2, 3])]),
  row("Softmax", (g, x) => softmax(g, x, 1), [f([2, 3, 2])]),
  row("LogSoftmax", (g, x) => logSoftmax(g, x), [f([2, 3])]),
  row("LogSoftmax", (g, x) => logSoftmax(g, x, 0), [f([2, 3])]),
  row("Floor", floor, [within(0.2, 0.8, [5])]),
  row("Ceil", ceil, [within(-0.8, -0.2, [5])]),
  row("Round", round, [within(0.6, 1.4, [5])]),
  row("Sin", sin, [f([2, 3])]),
  row("Cos", cos, [f([2, 3])]),
  row("Softplus", softplus, [f([2, 3])]),
  row("HardSwish", hardSwish, [within(-2.5, 2.5, [6])]),
  row("HardSwish", hardSwish, [within(3.2, 5, [3])]),
  row("LeakyRelu", (g, x) => leakyRelu(g, x, 0.2), [f([2, 3])]),
  row("PRelu", pRelu, [f([2, 3]), f([2, 1])]),
  row("Elu", (g, x) => elu(g, x, 1.5), [f([2, 3])]),
  row("Gelu", (g, x) => gelu(g, x), [f([2, 3])]),
  row("Gelu", (g, x) => gelu(g, x, "tanh"), [f([2, 3])]),
  row("Mod", mod, [i([7, -7, 8]), i([3])]),
  row("Sum", (g, x, y, z) => sum(g, [x, y, z]), [f([2, 3]), f([3]), f([2, 1])]),
];

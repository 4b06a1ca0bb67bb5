import { dropout } from "../../../src/ops/dropout.ts";
import { gemm } from "../../../src/ops/gemm.ts";
import { layerNormalization } from "../../../src/ops/layer-normalization.ts";
import { lrn } from "../../../src/ops/lrn.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { reduceL1 } from "../../../src/ops/reduce-l1.ts";
import { reduceL2 } from "../../../src/ops/reduce-l2.ts";
import { reduceLogSumExp } from "../../../src/ops/reduce-log-sum-exp.ts";
import { reduceMax } from "../../../src/ops/reduce-max.ts";
import { reduceMean } from "../../../src/ops/reduce-mean.ts";
import { reduceMin } from "../../../src/ops/reduce-min.ts";
import { reduceProd } from "../../../src/ops/reduce-prod.ts";
import { reduceSumSquare } from "../../../src/ops/reduce-sum-square.ts";
import { reduceSum } from "../../../src/ops/reduce-sum.ts";
import { apart, f, i, row, type OpCase } from "./case.ts";

/** Matrix products, reductions and what is made of them. */
export const cases: readonly OpCase[] = [
  row("MatMul", matmul, [f([2, 3]), f([3, 4])]),
  row("MatMul", matmul, [f([2, 2, 3]), f([3, 4])]),
  row("MatMul", matmul, [f([2, 1, 2, 3]), f([3, 3, 2])]),
  row("Gemm", (g, a, b, c) => gemm(g, [a, b, c]), [f([2, 3]), f([3, 4]), f([4])]),
  row("Gemm", (g, a, b, c) => gemm(g, [a, b, c], { alpha: 0.5, beta: 2, transA: 1 }), [
    f([3, 2]),
    f([3, 4]),
    f([2, 1]),
  ]),
  row("Gemm", (g, a, b) => gemm(g, [a, b], { transB: 1 }), [f([2, 3]), f([4, 3])]),
  row("Gemm", (g, a, b, c) => gemm(g, [a, b, c], { transA: 1, transB: 1, alpha: 2 }), [f([3, 2]), f([4, 3]), f([])]),
  row("ReduceSum", (g, x) => reduceSum(g, x), [f([2, 3])]),
  row("ReduceSum", (g, x) => reduceSum(g, x, { axes: [0, -1], keepdims: 0 }), [f([2, 3, 2])]),
  row("ReduceSum", (g, x) => reduceSum(g, x, { axes: [0] }), [i([1, 2, 3])]),
  row("ReduceMean", (g, x) => reduceMean(g, x, { axes: [1] }), [f([2, 3, 2])]),
  row("ReduceMean", (g, x) => reduceMean(g, x, { keepdims: 0 }), [f([2, 3])]),
  row("ReduceMax", (g, x) => reduceMax(g, x, { axes: [1] }), [apart([2, 3, 2])]),
  row("ReduceMax", (g, x) => reduceMax(g, x, { keepdims: 0 }), [apart([2, 3])]),
  row("ReduceMin", (g, x) => reduceMin(g, x, { axes: [0], keepdims: 0 }), [apart([2, 3])]),
  row("ReduceL1", (g, x) => reduceL1(g, x, { axes: [1] }), [f([2, 3])]),
  row("ReduceL2", (g, x) => reduceL2(g, x, { axes: [1] }), [f([2, 3])]),
  row("ReduceSumSquare", (g, x) => reduceSumSquare(g, x, { axes: [0], keepdims: 0 }), [f([2, 3])]),
  row("ReduceProd", (g, x) => reduceProd(g, x, { axes: [1] }), [f([2, 3])]),
  row("ReduceProd", (g, x) => reduceProd(g, x, { keepdims: 0 }), [i([2, 3, 4])]),
  row("ReduceLogSumExp", (g, x) => reduceLogSumExp(g, x, { axes: [1] }), [f([2, 3])]),
  row("Dropout", dropout, [f([2, 3])]),
  row("LayerNormalization", (g, x, scale, bias) => layerNormalization(g, x, { scale, bias }), [
    f([2, 4]),
    f([4]),
    f([4], "b"),
  ]),
  row("LayerNormalization", (g, x, scale) => layerNormalization(g, x, { scale, bias: null, axis: 1, epsilon: 1e-3 }), [
    f([2, 2, 3]),
    f([2, 3]),
  ]),
  row("LRN", (g, x) => lrn(g, x, 3, { alpha: 0.5, beta: 0.6, bias: 1.5 }), [f([2, 4, 2, 1])]),
];

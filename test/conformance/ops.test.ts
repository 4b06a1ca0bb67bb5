import { describe, expect, test } from "vitest";
import { checkGrads } from "../../src/autodiff/check-grads.ts";
import { createRandom } from "../../src/base/random.ts";
import { isFloat, numbersOf, type Tensor } from "../../src/graph/dtype.ts";
import { Graph, type Value } from "../../src/graph/graph.ts";
import { exportModel } from "../../src/onnx/export.ts";
import { ops } from "../../src/ops/index.ts";
import { openSession } from "../../src/runtime/node.ts";
import type { OpCase } from "./op-cases/case.ts";
import { cases as elementwise } from "./op-cases/elementwise.ts";
import { cases as layout } from "./op-cases/layout.ts";
import { cases as products } from "./op-cases/products.ts";
import { cases as quantised } from "./op-cases/quantised.ts";
import { cases as spatial } from "./op-cases/spatial.ts";

const cases: readonly OpCase[] = [...elementwise, ...layout, ...products, ...quantised, ...spatial];
/** Operators whose output shape cannot be told without running them. */
const hangsOnData = new Set(["NonZero"]);

const open = (g: Graph): ReturnType<typeof openSession> => openSession(exportModel(g));

/** The case's graph, on inputs or on constants, and the node that it is about. */
const built = ({ build, inputs, type }: OpCase, as: "inputs" | "constants") => {
  const g = new Graph(type);
  const xs = inputs.map((t, k) => (as === "inputs" ? g.input(`x${k}`, t.dtype, t.shape) : g.constant(t)));
  const made = build(g, ...xs);
  const outputs: readonly Value[] = "producer" in made ? [made] : made;
  return { g, outputs, node: g.nodes.find((node) => node.op.type === type) };
};

const feedsOf = (inputs: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(inputs.map((t, k) => [`x${k}`, t]));

describe("every operator", () => {
  test("has a case", () => {
    const covered = new Set(cases.map((c) => c.type));
    expect(ops.map((op) => op.type).filter((type) => !covered.has(type))).toEqual([]);
  });

  test("is on the shelf once", () => {
    const types = ops.map((op) => op.type);
    expect(types.filter((type, at) => types.indexOf(type) !== at)).toEqual([]);
  });
});

describe.each(cases.map((c, at) => ({ c, title: `${c.type} #${at}` })))("$title", ({ c }) => {
  test("infers the shapes and types that ONNX Runtime returns", async () => {
    const { g, outputs, node } = built(c, "inputs");
    expect(node, "the case applies the operator").toBeDefined();
    g.outputs.push(...node!.outputs);
    const inferred = node!.outputs.map((y) => ({ dtype: y.dtype, shape: y.shape }));
    if (!hangsOnData.has(c.type)) expect([...inferred, ...outputs].every((y) => y.shape)).toBe(true);
    const session = await open(g);
    const results = await session.run(feedsOf(c.inputs));
    await session.close();
    const returned = node!.outputs.map((y) => results[y.name]!);
    expect(returned.map(({ dtype, shape }, k) => ({ dtype, shape: inferred[k]!.shape && [...shape] }))).toEqual(
      inferred,
    );
  });

  if (c.order !== 0 && c.inputs.some((t) => isFloat(t.dtype)))
    test("has the gradient of finite differences", async () => {
      const errors = await checkGrads(
        { build: (g, xs) => c.build(g, ...xs), inputs: c.inputs },
        { open, random: createRandom(c.type), ...(c.order === 1 && { order: 1 }) },
      );
      for (const error of errors) expect(error).toBeLessThan(2e-4);
    });

  test("folds to what ONNX Runtime computes", async () => {
    const { node } = built(c, "constants");
    if (!node?.op.fold || !node.inputs.every((x) => !x || x.constant)) return;
    const folded = node.op.fold(node);
    const { g, node: live } = built(c, "inputs");
    g.outputs.push(live!.outputs[0]!);
    const session = await open(g);
    const result = (await session.run(feedsOf(c.inputs)))[live!.outputs[0]!.name]!;
    await session.close();
    expect({ dtype: folded.dtype, shape: folded.shape }).toEqual({ dtype: result.dtype, shape: [...result.shape] });
    const [got, wanted] = [numbersOf(folded), numbersOf(result)];
    got.forEach((number, k) => expect(number).toBeCloseTo(wanted[k]!, 4));
  });
});

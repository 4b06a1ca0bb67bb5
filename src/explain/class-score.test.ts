import { expect, it } from "vitest";
import { floats } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { identity } from "../ops/identity.ts";
import { mul } from "../ops/mul.ts";
import { softmax } from "../ops/softmax.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { logOdds } from "./class-score.ts";

const run = async (make: (g: Graph, scores: Value) => Value, scores: number[]): Promise<number> => {
  const g = new Graph("odds");
  const probabilities = make(g, g.input("scores", "float32", [1, 3]));
  g.output(logOdds(g, probabilities, g.constant(floats([1, 3], [0, 1, 0]))), "odds");
  const session = await openGraph(g, { threads: 1 });
  const { odds } = await session.run({ scores: floats([1, 3], scores) });
  await session.close();
  return (odds!.data as Float32Array)[0]!;
};

it("is log p / (1 - p)", async () => {
  const p = Math.exp(1) / (Math.exp(0.5) + Math.exp(1) + Math.exp(-2));
  expect(await run((g, s) => identity(g, softmax(g, s, 1)), [0.5, 1, -2])).toBeCloseTo(Math.log(p / (1 - p)), 5);
});

it("does not saturate where the probability is 1 in float32", async () => {
  expect(await run((g, s) => softmax(g, s, 1), [0, 50, 10])).toBeCloseTo(40, 4);
});

it("takes the logarithm of probabilities that come from no softmax", async () => {
  expect(await run((g, s) => mul(g, s, 1), [0.2, 0.7, 0.1])).toBeCloseTo(Math.log(0.7 / 0.3), 5);
});

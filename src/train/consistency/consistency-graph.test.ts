import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../base/random.ts";
import { grad } from "../../autodiff/grad.ts";
import { floats, numbersOf, type Tensor } from "../../graph/dtype.ts";
import type { Value } from "../../graph/graph.ts";
import { batchNorm } from "../../nn/layers/batch-norm.ts";
import { linear } from "../../nn/layers/linear.ts";
import { within, type Scope } from "../../nn/layers/scope.ts";
import { meanSquaredError } from "../../nn/losses/mean-squared-error.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { softmax } from "../../ops/softmax.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import { TARGETS } from "../forward.ts";
import { averageName } from "../training-graph.ts";
import { buildConsistency, LABELLED, STUDENT_VIEW, TEACHER_VIEW, WEIGHT } from "./consistency-graph.ts";
import type { ConsistencyMethod } from "./consistency-method.ts";

const [BATCH, RATIO, DIM, WAYS] = [4, 2, 3, 2];

const method: ConsistencyMethod = {
  name: "squares",
  paper: "",
  studentView: "weak",
  defaults: { weight: 1, ratio: RATIO, averaging: 0.5, rampUp: 0 },
  losses: ({ g }, { student, teacher }) => meanSquaredError(g, softmax(g, student), softmax(g, teacher)),
};

const scores = (scope: Scope, x: Value): Value =>
  linear(within(scope, "head"), batchNorm(within(scope, "norm"), linear(within(scope, "first"), x, { units: 4 })), {
    units: WAYS,
  });

const drawn = (shape: readonly number[], random: Random): Tensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );

/** A step's loss, the gradient of it for every parameter, and new statistics, at given inputs. */
const open = async (weight: number) => {
  const trainable = buildConsistency({
    method,
    options: method.defaults,
    scores,
    dtype: "float32",
    shape: [DIM],
    batch: BATCH,
    ways: WAYS,
    smoothing: 0,
    random: createRandom(1),
  });
  const { graph: g, losses, parameters, updates = new Map<string, Value>() } = trainable;
  const trained = parameters.filter((p) => p.trainable);
  const loss = reduceMean(g, losses, { keepdims: 0 });
  const inputs = new Map(g.inputs.map((v) => [v.name, v]));
  const gradients = grad(
    g,
    loss,
    trained.map((p) => inputs.get(p.name)!),
  );
  g.outputs.length = 0;
  g.output(loss, "loss");
  trained.forEach((p, i) => g.output(gradients[i]!, `d/${p.name}`));
  for (const [name, value] of updates) g.output(value, `next/${name}`);
  const random = createRandom("inputs");
  const feeds: Record<string, Tensor> = {
    [LABELLED]: drawn([BATCH, DIM], random),
    [STUDENT_VIEW]: drawn([BATCH * RATIO, DIM], random),
    [TEACHER_VIEW]: drawn([BATCH * RATIO, DIM], random),
    [TARGETS]: floats([BATCH, WAYS], [1, 0, 0, 1, 1, 0, 0, 1]),
    [WEIGHT]: floats([], [weight]),
    ...Object.fromEntries(parameters.map((p) => [p.name, p.tensor])),
    ...Object.fromEntries(trained.map((p) => [averageName(p.name), drawn(p.tensor.shape, random)])),
  };
  const session = await openGraph(g, { threads: 1 });
  return { session, feeds, trained };
};

describe("a step on labelled and unlabelled pictures", () => {
  it("has gradients that agree with finite differences, none of them through the teacher", async () => {
    const { session, feeds, trained } = await open(3);
    const found = await session.run(feeds);
    for (const { name, tensor } of trained) {
      const slopes = numbersOf(found[`d/${name}`]!);
      const at = Math.floor(slopes.length / 2);
      const lossAt = async (move: number): Promise<number> => {
        const data = Float32Array.from(numbersOf(tensor));
        data[at]! += move;
        return numbersOf((await session.run({ ...feeds, [name]: floats(tensor.shape, data) })).loss!)[0]!;
      };
      const slope = ((await lossAt(0.01)) - (await lossAt(-0.01))) / 0.02;
      expect(slopes[at], name).toBeCloseTo(slope, 3);
    }
    await session.close();
  });

  it("adds the mean unlabelled loss, by its weight, to the mean labelled one", async () => {
    const lossOf = async (weight: number): Promise<number> => {
      const { session, feeds } = await open(weight);
      const { loss } = await session.run(feeds);
      await session.close();
      return numbersOf(loss!)[0]!;
    };
    const [none, one, three] = [await lossOf(0), await lossOf(1), await lossOf(3)];
    expect(one - none).toBeGreaterThan(0);
    expect(three - none).toBeCloseTo(3 * (one - none), 5);
  });

  it("lets running moments follow the averaged weights on the teacher's view", async () => {
    const { session, feeds } = await open(1);
    const found = await session.run(feeds);
    const other = await session.run({ ...feeds, [TEACHER_VIEW]: drawn([BATCH * RATIO, DIM], createRandom("other")) });
    const same = await session.run({ ...feeds, [LABELLED]: drawn([BATCH, DIM], createRandom("other")) });
    expect(numbersOf(other["next/norm/mean"]!)).not.toEqual(numbersOf(found["next/norm/mean"]!));
    expect(numbersOf(same["next/norm/mean"]!)).toEqual(numbersOf(found["next/norm/mean"]!));
    await session.close();
  });
});

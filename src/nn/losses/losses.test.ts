import { describe, expect, it } from "vitest";
import { checkGrads } from "../../autodiff/check-grads.ts";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf } from "../../graph/dtype.ts";
import { Graph, type Value } from "../../graph/graph.ts";
import { exportModel } from "../../onnx/export.ts";
import { openSession } from "../../runtime/node.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { focal } from "./focal.ts";
import { klDivergence } from "./kl-divergence.ts";
import { meanSquaredError } from "./mean-squared-error.ts";

type Loss = (g: Graph, predicted: Value, targets: Value) => Value;

const open = (g: Graph) => openSession(exportModel(g));

const lossOf = async (loss: Loss, scores: number[][], targets: number[][]): Promise<number[]> => {
  const g = new Graph("loss");
  const shape = [scores.length, scores[0]!.length];
  g.output(loss(g, g.input("scores", "float32", shape), g.input("targets", "float32", shape)), "losses");
  const session = await open(g);
  const out = await session.run({ scores: floats(shape, scores.flat()), targets: floats(shape, targets.flat()) });
  await session.close();
  return numbersOf(out.losses!);
};

// softmax of [ln 1, ln 3] is [1/4, 3/4]
const quarter = [0, Math.log(3)];
const smoothed: Loss = (g, s, t) => crossEntropy(g, s, t, { smoothing: 0.2 });
const weak: Loss = (g, s, t) => focal(g, s, t, { gamma: 0.5 });

describe("losses, by hand", () => {
  it.each<[string, Loss, number[], number]>([
    ["cross-entropy", crossEntropy, [0, 1], Math.log(4 / 3)],
    ["cross-entropy, soft targets", crossEntropy, [0.5, 0.5], 0.5 * Math.log(4) + 0.5 * Math.log(4 / 3)],
    ["cross-entropy, smoothed", smoothed, [0, 1], 0.1 * Math.log(4) + 0.9 * Math.log(4 / 3)],
    ["focal, gamma 2", focal, [0, 1], (1 / 16) * Math.log(4 / 3)],
    ["focal, gamma 0.5", weak, [1, 0], Math.sqrt(3 / 4) * Math.log(4)],
    ["KL", klDivergence, [0.5, 0.5], 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3)],
    ["KL, a target of 0", klDivergence, [0, 1], Math.log(4 / 3)],
    ["KL of equals", klDivergence, [0.25, 0.75], 0],
    ["mean squared error", meanSquaredError, [1, Math.log(3) - 3], (1 + 9) / 2],
  ])("%s", async (_, loss, targets, expected) => {
    const [first, second] = await lossOf(loss, [quarter, quarter], [targets, targets]);
    expect(first).toBeCloseTo(expected, 5);
    expect(second).toBe(first);
  });

  it("stays finite where a class is certain", async () => {
    for (const loss of [crossEntropy, focal, weak, klDivergence])
      for (const value of await lossOf(loss, [[80, -80]], [[1, 0]])) expect(value).toBeCloseTo(0, 5);
  });
});

it.each<[string, Loss]>([
  ["cross-entropy", crossEntropy],
  ["cross-entropy, smoothed", smoothed],
  ["focal", focal],
  ["focal, gamma 0.5", weak],
  ["KL", klDivergence],
  ["mean squared error", meanSquaredError],
])("gradients of %s agree with finite differences, twice over", async (_, loss) => {
  const random = createRandom("losses");
  const normals = floats(
    [4, 3],
    Array.from({ length: 12 }, () => random.normal()),
  );
  const targets = floats([4, 3], [1, 0, 0, 0.2, 0.3, 0.5, 0, 1, 0, 0.1, 0.1, 0.8]);
  const build = (g: Graph, [scores]: readonly Value[]) => loss(g, scores!, g.constant(targets));
  const errors = await checkGrads({ build, inputs: [normals] }, { open, random });
  expect(errors).toHaveLength(2);
  for (const error of errors) expect(error).toBeLessThan(1e-3);
});

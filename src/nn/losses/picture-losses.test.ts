import { describe, expect, it } from "vitest";
import { checkGrads } from "../../autodiff/check-grads.ts";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, sizeOf, type Tensor } from "../../graph/dtype.ts";
import { Graph, type Value } from "../../graph/graph.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import { gramMatrix } from "./gram-matrix.ts";
import { leastSquaresAdversarial } from "./least-squares-adversarial.ts";
import { meanAbsoluteError } from "./mean-absolute-error.ts";
import { relativeError } from "./relative-error.ts";
import { totalVariation } from "./total-variation.ts";

type Build = (g: Graph, inputs: readonly Value[]) => Value;

const answers = async (build: Build, inputs: readonly Tensor[]): Promise<number[]> => {
  const g = new Graph("loss");
  const values = inputs.map((t, i) => g.input(`x${i}`, "float32", t.shape));
  g.output(build(g, values), "y");
  const session = await openGraph(g);
  const out = await session.run(Object.fromEntries(inputs.map((t, i) => [`x${i}`, t])));
  await session.close();
  return numbersOf(out.y!);
};

const gram: Build = (g, [map]) => gramMatrix(g, map!);
const variation: Build = (g, [x]) => totalVariation(g, x!);
const relative: Build = (g, [x, target]) => relativeError(g, x!, target!);
const absolute: Build = (g, [x, target]) => meanAbsoluteError(g, x!, target!);
const real: Build = (g, [x]) => leastSquaresAdversarial(g, x!, 1);
const made: Build = (g, [x]) => leastSquaresAdversarial(g, x!, 0);

describe("losses of pictures, by hand", () => {
  it.each<[string, Build, Tensor[], number[]]>([
    // rows (1, 2) and (3, 4): products 5, 11, 25, over 2 places
    ["Gram matrix", gram, [floats([1, 2, 1, 2], [1, 2, 3, 4])], [2.5, 5.5, 5.5, 12.5]],
    // below one another 2, 2; side by side 1, 1
    ["total variation", variation, [floats([1, 2, 2, 1], [0, 1, 2, 3])], [4 + 1]],
    ["relative error", relative, [floats([2], [4, 3]), floats([2], [3, 4])], [2 / 25]],
    ["relative error of nothing to nothing", relative, [floats([1], [0]), floats([1], [0])], [0]],
    ["mean absolute error", absolute, [floats([2, 2], [1, 2, 3, 4]), floats([2, 2], [2, 0, 3, 3])], [1.5, 0.5]],
    ["adversarial, wanted real", real, [floats([2, 1, 1, 2], [1, 0, 2, 1])], [0.5, 0.5]],
    ["adversarial, wanted made", made, [floats([2, 1, 1, 2], [1, 0, 2, 1])], [0.5, 2.5]],
  ])("%s", async (_, build, inputs, expected) => {
    const found = await answers(build, inputs);
    expect(found.length).toBe(expected.length);
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  });

  it("a Gram matrix does not know where things are", async () => {
    const [here, there] = [
      floats([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
      floats([1, 2, 2, 2], [4, 3, 2, 1, 8, 7, 6, 5]),
    ];
    expect(await answers(gram, [here])).toEqual(await answers(gram, [there]));
  });
});

it.each<[string, Build, number[][]]>([
  ["Gram matrix", gram, [[2, 3, 2, 3]]],
  ["total variation", variation, [[2, 3, 4, 3]]],
  ["relative error", (g, [x]) => relativeError(g, x!, g.constant(floats([3], [1, -2, 0.5]))), [[3]]],
  [
    "mean absolute error",
    absolute,
    [
      [2, 5],
      [2, 5],
    ],
  ],
  ["adversarial", real, [[2, 1, 3, 3]]],
])("the gradient of %s agrees with finite differences", async (name, build, shapes) => {
  const random = createRandom(name);
  const inputs = shapes.map((shape) =>
    floats(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    ),
  );
  const errors = await checkGrads({ build, inputs }, { open: openGraph, random, step: 1e-2 });
  for (const error of errors) expect(error).toBeLessThan(5e-3);
});

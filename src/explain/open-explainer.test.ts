import { describe, expect, it } from "vitest";
import { tinyTransformer } from "../../test/fixtures/tiny-transformer.ts";
import { argmax } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { floats, type Tensor } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { abs } from "../ops/abs.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { concat } from "../ops/concat.ts";
import { conv } from "../ops/conv.ts";
import { matmul } from "../ops/matmul.ts";
import { mod } from "../ops/mod.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { relu } from "../ops/relu.ts";
import { sign } from "../ops/sign.ts";
import { slice } from "../ops/slice.ts";
import { softmax } from "../ops/softmax.ts";
import { sqrt } from "../ops/sqrt.ts";
import { sub } from "../ops/sub.ts";
import { transpose } from "../ops/transpose.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { cams, hiResCam, type Cam } from "./cam.ts";
import { massInside } from "./heat-map.ts";
import { openExplainer } from "./open-explainer.ts";

const [SIDE, CHANNELS, CLASSES] = [8, 3, 3];

const drawn = (shape: number[], seed: string): Tensor => {
  const random = createRandom(seed);
  return floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  );
};

/** Pixels to an early map [1, 3, 8, 8] and a late one [1, 3, 4, 4]. */
const body = (g: Graph, pixels: Value): [early: Value, late: Value] => {
  const image = mul(g, cast(g, transpose(g, pixels, [0, 3, 1, 2]), "float32"), 1 / 255);
  const weights = (shape: number[], seed: string): Value => g.constant(drawn(shape, seed), seed);
  const early = relu(g, conv(g, [image, weights([CHANNELS, 3, 3, 3], "early")], { pads: [1, 1, 1, 1] }));
  return [early, relu(g, conv(g, [early, weights([CHANNELS, CHANNELS, 2, 2], "late")], { strides: [2, 2] }))];
};

/** Means of both maps and the root of the late one, whose slope at 0 does not exist, to scores. */
const head = (g: Graph, [early, late]: readonly Value[]): Value => {
  const over = { axes: [2, 3], keepdims: 0 } as const;
  const parts = [early!, late!, mul(g, early!, early!)].map((map) => reduceMean(g, map, over));
  const rooted = parts.map((x) => mul(g, sign(g, x), sqrt(g, abs(g, x))));
  return matmul(g, concat(g, rooted, 1), g.constant(drawn([3 * CHANNELS, CLASSES], "head"), "head"));
};

const network = (): Graph => {
  const g = new Graph("network");
  const pixels = g.input("pixels", "uint8", ["n", SIDE, SIDE, 3]);
  g.output(softmax(g, head(g, body(g, pixels)), 1), "probabilities", ["n", CLASSES]);
  return g;
};

const picture = (seed: string, length = SIDE * SIDE * 3): Uint8Array => {
  const random = createRandom(seed);
  return Uint8Array.from({ length }, () => random.integer(256));
};

/** Adds this to what is looked at, so that the ReLU at the end lets all of it through. */
const LIFT = 100;

/** Says the gradient of one channel of each place instead of a map. */
const gradientOf =
  (channel: number): Cam =>
  (g, _map, gradient) =>
    add(g, slice(g, gradient, { starts: [channel], ends: [channel + 1], axes: [1] }), LIFT / 2);

/** Log-odds of class 1 with maps given, by plain numbers from the scores. */
const openHead = async () => {
  const g = new Graph("head");
  const maps = [SIDE, SIDE / 2].map((side, i) => g.input(`map_${i}`, "float32", [1, CHANNELS, side, side]));
  g.output(head(g, maps), "scores");
  const session = await openGraph(g, { threads: 1 });
  return {
    close: session.close,
    odds: async (early: Float32Array, late: Float32Array): Promise<number> => {
      const { scores } = await session.run({
        map_0: floats([1, CHANNELS, SIDE, SIDE], early),
        map_1: floats([1, CHANNELS, SIDE / 2, SIDE / 2], late),
      });
      const [a, b, c] = [...(scores!.data as Float32Array)];
      return b! - Math.log(Math.exp(a!) + Math.exp(c!));
    },
  };
};

const mapsOf = async (pixels: Uint8Array): Promise<Float32Array[]> => {
  const g = new Graph("body");
  body(g, g.input("pixels", "uint8", [1, SIDE, SIDE, 3])).forEach((v, i) => g.output(v, `map_${i}`));
  const session = await openGraph(g, { threads: 1 });
  const out = await session.run({ pixels: { dtype: "uint8", shape: [1, SIDE, SIDE, 3], data: pixels } });
  await session.close();
  return [0, 1].map((i) => out[`map_${i}`]!.data as Float32Array);
};

describe("an explainer of a convolutional network", () => {
  it("takes gradients that agree with finite differences of the part behind each map", async () => {
    const pixels = picture("differences");
    const [early, late] = await mapsOf(pixels);
    const { odds, close } = await openHead();
    for (let channel = 0; channel < CHANNELS; channel++) {
      const explainer = await openExplainer(network(), { cam: gradientOf(channel), threads: 1 });
      const { data, width } = await explainer.explain(pixels, 1);
      await explainer.close();
      expect(width).toBe(SIDE);
      // the gradient by the late map is the same in all of its cells, so enlarging it changes nothing
      for (const cell of [0, 9, 37, 63]) {
        const step = 0.05;
        const slope = async (map: 0 | 1, at: number): Promise<number> => {
          const moved = (by: number): Promise<number> => {
            const maps = [early!.slice(), late!.slice()];
            maps[map]![at]! += by;
            return odds(maps[0]!, maps[1]!);
          };
          return ((await moved(step)) - (await moved(-step))) / (2 * step);
        };
        const wanted =
          (await slope(0, channel * SIDE * SIDE + cell)) + (await slope(1, (channel * SIDE * SIDE) / 4 + 5));
        expect(data[cell]! - LIFT).toBeCloseTo(wanted, 3);
      }
    }
    await close();
  });

  it("shows nothing of a picture in which all channels are silent, where slopes do not exist", async () => {
    for (const cam of Object.values(cams)) {
      const explainer = await openExplainer(network(), { cam, threads: 1 });
      const { data } = await explainer.explain(new Uint8Array(SIDE * SIDE * 3), 0);
      await explainer.close();
      expect([...new Set(data)]).toEqual([0]);
    }
  });

  it("leaves the model as it was, and says what it reads", async () => {
    const g = network();
    const [nodes, inputs] = [g.nodes.length, g.inputs.length];
    const explainer = await openExplainer(g, { cam: hiResCam, threads: 1 });
    const first = await explainer.explain(picture("a"), 2);
    expect(await explainer.explain(picture("a"), 2)).toEqual(first);
    await explainer.close();
    expect([g.nodes.length, g.inputs.length]).toEqual([nodes, inputs]);
    expect(explainer.found).toMatch(/\[1, 3, 8, 8\].*\[1, 3, 4, 4\]|\[1, 3, 4, 4\].*\[1, 3, 8, 8\]/);
  });

  it("names an operator without a gradient, and a network without places", async () => {
    const build = (make: (g: Graph, pixels: Value) => Value): Graph => {
      const g = new Graph("other");
      g.output(make(g, g.input("pixels", "uint8", [1, SIDE, SIDE, 3])), "probabilities");
      return g;
    };
    const blocked = build((g, pixels) => {
      const scores = head(g, body(g, pixels));
      return softmax(g, sub(g, scores, mod(g, scores, g.constant(floats([], [1])))), 1);
    });
    await expect(openExplainer(blocked, { cam: hiResCam })).rejects.toThrow(/no gradient for operator Mod/);
    const flat = build((g, pixels) =>
      softmax(g, reduceMean(g, cast(g, pixels, "float32"), { axes: [1, 2], keepdims: 0 }), 1),
    );
    await expect(openExplainer(flat, { cam: hiResCam })).rejects.toMatchObject({ code: "E_EXPLAIN_PLACES" });
  });
});

describe("an explainer of a transformer", () => {
  it("reads the tokens before the last attention and shows the patch that the class is known by", async () => {
    const { graph, side } = tinyTransformer();
    const pixels = new Uint8Array(side * side * 3).fill(90);
    for (let y = 8; y < 12; y++) for (let x = 4; x < 8; x++) pixels.set([255, 90, 20], 3 * (y * side + x));
    const patch = { left: 0.25, top: 0.5, width: 0.25, height: 0.25 };
    for (const [name, cam] of Object.entries(cams)) {
      const explainer = await openExplainer(graph, { cam, threads: 1 });
      const map = await explainer.explain(pixels, 1);
      await explainer.close();
      expect([map.width, map.height]).toEqual([4, 4]);
      expect(argmax(map.data)).toBe(2 * 4 + 1);
      // Grad-CAM++ takes positive gradients alone, so that grey speaks for red too
      if (name !== "grad-cam++") expect(massInside(map, patch)).toBeGreaterThan(0.9);
      expect(explainer.found).toBe("add_2 [1, 17, 6]"); // what the second of two blocks is given
    }
  });
});

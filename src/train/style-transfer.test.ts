import { expect, it } from "vitest";
import type { Preprocess } from "../base/preprocess.ts";
import { createRandom, type Random } from "../base/random.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { heNormal } from "../nn/init.ts";
import { conv } from "../ops/conv.ts";
import { relu } from "../ops/relu.ts";
import { openStyleTransfer } from "./style-transfer.ts";

const SIZE = 32;
const preprocess: Preprocess = {
  height: SIZE,
  width: SIZE,
  fit: "squash",
  resizeTo: SIZE,
  background: [0, 0, 0],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  channels: "RGB",
};

/** Three halvings with weights by lot: they too tell stripes from dots. */
const network = (random: Random): Graph => {
  const g = new Graph("network");
  let y: Value = g.input("image", "float32", ["n", 3, "h", "w"]);
  [3, 12, 12].forEach((channels, i) => {
    const w = g.constant(heNormal([12, channels, 3, 3], random.fork(i)), `w${i}`);
    y = relu(g, conv(g, [y, w], { pads: [1, 1, 1, 1], strides: [2, 2] }));
  });
  g.output(y);
  return g;
};

const picture = (colour: (x: number, y: number) => readonly [number, number, number]): Uint8Array =>
  Uint8Array.from(Array.from({ length: SIZE * SIZE }, (_, i) => colour(i % SIZE, Math.floor(i / SIZE))).flat());

// a light square on grey; orange and blue stripes
const square = picture((x, y) => (x > 8 && x < 24 && y > 8 && y < 24 ? [220, 220, 220] : [90, 90, 90]));
const stripes = picture((x) => (x % 8 < 4 ? [230, 120, 20] : [20, 60, 200]));

const channelMean = (pixels: Uint8Array, c: number): number =>
  pixels.reduce((sum, v, i) => sum + (i % 3 === c ? v : 0), 0) / (SIZE * SIZE);

it("moves a photo towards a style, keeps what is where, and gives the same bytes twice", async () => {
  const transfer = await openStyleTransfer({
    network: network(createRandom(1)),
    preprocess,
    settings: { steps: 60, style: 10 },
    threads: 1,
  });
  expect(transfer.layers.style.length).toBe(3);
  const { pixels, losses } = await transfer.transfer({ content: square, style: stripes });
  const again = await transfer.transfer({ content: square, style: stripes });
  const same = await transfer.transfer({ content: square, style: square });
  await transfer.close();
  expect(losses.length).toBe(60);
  expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
  expect(again.pixels.data).toEqual(pixels.data);
  // grey has taken colour: red and blue no longer go together as they did
  const spread = (data: Uint8Array) =>
    data.reduce((sum, v, i) => sum + (i % 3 === 0 ? Math.abs(v - data[i + 2]!) : 0), 0);
  expect(spread(pixels.data) / (SIZE * SIZE)).toBeGreaterThan(20);
  const at = (x: number, y: number) =>
    pixels.data.subarray(3 * (y * SIZE + x), 3 * (y * SIZE + x) + 3).reduce((a, b) => a + b);
  const mean = (from: number, to: number) => {
    let sum = 0;
    for (let y = from; y < to; y++) for (let x = from; x < to; x++) sum += at(x, y);
    return sum / (to - from) ** 2;
  };
  expect(mean(10, 22)).toBeGreaterThan(mean(0, 8) + 60);
  // in its own style a photo changes by its roughness alone
  expect(channelMean(same.pixels.data, 0)).toBeCloseTo(channelMean(square, 0), -1);
});

it("stops when it is told to", async () => {
  const transfer = await openStyleTransfer({ network: network(createRandom(1)), preprocess, threads: 1 });
  const controller = new AbortController();
  const onStep = (step: number): void => void (step === 2 && controller.abort());
  await expect(
    transfer.transfer({ content: square, style: stripes, signal: controller.signal, onStep }),
  ).rejects.toMatchObject({ name: "AbortError" });
  await transfer.close();
});

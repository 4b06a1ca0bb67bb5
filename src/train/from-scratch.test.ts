import { expect, test } from "vitest";
import { argmax, rowOf } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { policyNamed } from "../data/check-policy.ts";
import { toLevels } from "../data/intensity.ts";
import { conv4 } from "../nn/networks/conv-4.ts";
import { resnet10In3d } from "../nn/networks/resnet-10-3d.ts";
import { normaliseVolume } from "../nn/normalise-volume.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { solidInNoise } from "../../test/fixtures/volumes.ts";
import { trainFromScratch, type FromScratchTask } from "./from-scratch.ts";
import { varyPhotos } from "./varied-photos.ts";

/** Stripes, upright or level by class, of random width, place and colour. */
const picture = (i: number): Uint8Array => {
  const random = createRandom(`stripes ${i}`);
  const [width, shift] = [1 + random.integer(3), random.integer(4)];
  const colours = [0, 1].map(() => [random.integer(256), random.integer(256), random.integer(256)]);
  const out = new Uint8Array(16 * 16 * 3);
  for (let y = 0; y < 16; y++)
    for (let x = 0; x < 16; x++) {
      const along = i % 2 === 0 ? x : y;
      out.set(colours[Math.floor((along + shift) / width) % 2]!, (y * 16 + x) * 3);
    }
  return out;
};
const count = 120;
const photos = { count, name: (i: number) => `${i}`, pixels: async (i: number) => picture(i) };
const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
const rows = Array.from({ length: count }, (_, i) => i);

const task = (changes: Partial<FromScratchTask> = {}): FromScratchTask => ({
  network: (scope, x) => conv4(scope, x, { width: 8 }),
  photos,
  size: [16, 16],
  rows: rows.slice(0, 80),
  labels,
  ways: 2,
  epochs: 12,
  batch: 20,
  rate: 5e-3,
  smoothing: 0,
  policy: policyNamed("none"),
  views: 1,
  random: createRandom(1),
  threads: 1,
  ...changes,
});

const accuracyOf = async (changes: Partial<FromScratchTask>): Promise<number> => {
  const trained = await trainFromScratch(task(changes));
  const asked = rows.slice(80);
  const scores = await trained.score(asked);
  return asked.filter((row, i) => argmax(rowOf(scores, i)) === labels[row]).length / asked.length;
};

test("a network learns from random weights what it then tells of pictures it has not seen", async () => {
  expect(await accuracyOf({})).toBeGreaterThan(0.85);
});

test("it learns from varied and mixed pictures too", async () => {
  const policy = policyNamed("mixup-cutmix");
  const varied = varyPhotos(photos, policy, { width: 16, height: 16, seed: "1", keys: rows.map(String) });
  expect(await accuracyOf({ photos: varied, policy, views: "fresh", epochs: 25 })).toBeGreaterThan(0.75);
  await varied.close();
});

test("the same task gives the same scores, bit for bit", async () => {
  const [a, b] = [await trainFromScratch(task({ epochs: 2 })), await trainFromScratch(task({ epochs: 2 }))];
  expect(await a.score(rows)).toEqual(await b.score(rows));
  expect(a.history).toEqual(b.history);
});

test("a 3-D network learns volumes, and its graph answers as it was scored", async () => {
  const kinds = ["sphere", "rod"] as const;
  const volumes = rows.map((i) => toLevels(solidInNoise(kinds[i % 2]!, 16, `${i}`), { low: -100, high: 500 }));
  const settings = {
    network: (scope, x) => resnet10In3d(scope, x, { width: 8 }),
    prepare: normaliseVolume,
    photos: { ...photos, pixels: async (i) => volumes[i]! },
    size: [16, 16, 16],
    channels: 1,
    rows: rows.slice(0, 48),
    epochs: 8,
    batch: 8,
  } satisfies Partial<FromScratchTask>;
  const trained = await trainFromScratch(task(settings));
  const asked = rows.slice(48, 80);
  const scores = await trained.score(asked);
  const right = asked.filter((row, i) => argmax(rowOf(scores, i)) === labels[row]).length;
  expect(right / asked.length).toBeGreaterThan(0.85);
  const session = await openGraph(trained.graph());
  const data = volumes[asked[0]!]!;
  const out = await session.run({ pixels: { dtype: "uint8", shape: [1, 16, 16, 16, 1], data } });
  await session.close();
  (out.scores!.data as Float32Array).forEach((score, c) => expect(score).toBeCloseTo(rowOf(scores, 0)[c]!, 3));
});

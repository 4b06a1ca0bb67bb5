import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import { policyNamed } from "../data/check-policy.ts";
import type { Policy } from "../data/policy.ts";
import { createBatches, type BatchesOptions } from "./batches.ts";
import { TARGETS } from "./forward.ts";
import { pixelSource } from "./activations.ts";
import { varyPhotos } from "./varied-photos.ts";

const size = { width: 8, height: 8 };
const photos = {
  count: 6,
  name: (i: number) => `${i}.jpg`,
  pixels: async (i: number) => Uint8Array.from({ length: 192 }, (_, k) => (i * 40 + k) % 256),
};
const keys = ["a", "b", "c", "d", "e", "f"];
const labels = Int32Array.from([0, 1, 0, 1, 0, 1]);

const optionsOf = (policy: Policy, views: BatchesOptions["views"]) => {
  const varied = varyPhotos(photos, policy, { ...size, seed: "s", keys });
  const options: BatchesOptions = {
    rows: [0, 1, 2, 3, 4, 5],
    labels,
    ways: 2,
    batch: 3,
    photos: varied,
    source: pixelSource(varied, [1, 8, 8, 3]),
    layout: "nhwc",
    input: "pixels",
    random: createRandom(1),
    policy,
    views,
  };
  return { options, varied };
};

test("without a policy a batch holds the photos as they are, with their classes", async () => {
  const { options } = optionsOf(policyNamed("none"), 1);
  const { feeds, names } = await createBatches(options)(0, 1);
  const rows = names.map((name) => Number(name[0]));
  const pixels = feeds["pixels"]!.data as Uint8Array;
  for (const [i, row] of rows.entries()) expect(pixels.slice(i * 192, (i + 1) * 192)).toEqual(await photos.pixels(row));
  expect([...(feeds[TARGETS]!.data as Float32Array)]).toEqual(rows.flatMap((row) => (row % 2 ? [0, 1] : [1, 0])));
});

test("a batch hangs on seed, epoch and step alone; fresh views are others in every epoch", async () => {
  const { options, varied } = optionsOf(policyNamed("strong"), "fresh");
  const batchAt = createBatches(options);
  const first = await batchAt(0, 0);
  await batchAt(3, 1);
  expect(await batchAt(0, 0)).toEqual(first);
  expect(await createBatches(options)(0, 0)).toEqual(first);
  const { feeds } = await batchAt(1, 0);
  expect(feeds["pixels"]).not.toEqual(first.feeds["pixels"]);
  await varied.close();
});

test("of a limited number of views every photo shows at most so many", async () => {
  const { options, varied } = optionsOf(policyNamed("basic"), 3);
  const batchAt = createBatches({ ...options, rows: [2], batch: 1 });
  const seen = new Set<string>();
  for (let epoch = 0; epoch < 40; epoch++) seen.add((await batchAt(epoch, 0)).feeds["pixels"]!.data.toString());
  expect(seen.size).toBe(3);
  expect(seen.has((await photos.pixels(2)).toString())).toBe(true); // one of them is the photo itself
  await varied.close();
});

test("mixup halves what it takes, in pixels as in targets", async () => {
  const policy: Policy = { name: "mix", steps: [], mixes: [{ mix: "mixup", alpha: 100 }] };
  const { options } = optionsOf(policy, 1);
  const { feeds, names } = await createBatches({ ...options, rows: [0, 1], batch: 2 })(0, 0);
  const targets = feeds[TARGETS]!.data as Float32Array;
  const share = Math.max(targets[0]!, targets[1]!);
  expect(targets[0]! + targets[1]!).toBeCloseTo(1);
  if (share < 1) {
    const own = await photos.pixels(Number(names[0]![0]));
    const other = await photos.pixels(Number(names[1]![0]));
    const kept = targets[labels[Number(names[0]![0])]!]!;
    const mixed = feeds["pixels"]!.data as Uint8Array;
    for (const k of [0, 7, 100])
      expect(Math.abs(mixed[k]! - (kept * own[k]! + (1 - kept) * other[k]!))).toBeLessThan(0.51);
  }
});

test("a failure in the augmenting thread reaches who asked", async () => {
  const varied = varyPhotos(photos, { name: "odd", steps: [{ augmentation: "gone" }] }, { ...size, seed: "s", keys });
  await expect(varied.pixels(0, 1)).rejects.toMatchObject({ code: "E_AUGMENT" });
  await varied.close();
});

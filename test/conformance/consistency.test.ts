import { describe, expect, it } from "vitest";
import { argmax, rowOf, type Matrix } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { policyNamed } from "../../src/data/check-policy.ts";
import { numbersOf } from "../../src/graph/dtype.ts";
import { consistencyMethods } from "../../src/methods/consistency/index.ts";
import { conv4 } from "../../src/nn/networks/conv-4.ts";
import { KEPT } from "../../src/train/consistency/consistency-graph.ts";
import { trainFromScratch, type FromScratch } from "../../src/train/from-scratch.ts";
import { varyPhotos } from "../../src/train/varied-photos.ts";

/** Squares, left or right by class, under noise. */
const [COUNT, SIDE, LABELLED] = [60, 12, 20];
const picture = (i: number): Uint8Array => {
  const random = createRandom(`square ${i}`);
  const [left, top] = [(i % 2) * 6 + random.integer(4), random.integer(10)];
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % SIDE, Math.floor(at / 3 / SIDE)];
    const inside = x >= left && x < left + 3 && y >= top && y < top + 3;
    return (inside ? 180 : 60) + random.integer(40);
  });
};
const rows = Array.from({ length: COUNT }, (_, i) => i);
const labels = Int32Array.from(rows, (i) => i % 2);
const weak = { name: "weak", steps: [{ augmentation: "brightness" }] };
const strong = { name: "strong", steps: [{ augmentation: "contrast" }, { augmentation: "cut-out" }] };

const trainedBy = async (name: string, told = labels): Promise<FromScratch & { readonly scores: Matrix }> => {
  const method = consistencyMethods.find((one) => one.name === name)!;
  const keys = rows.map(String);
  const plain = { count: COUNT, name: (i: number) => `${i}.png`, pixels: async (i: number) => picture(i) };
  const photos = varyPhotos(plain, weak, { width: SIDE, height: SIDE, seed: "views", keys, strong });
  try {
    const trained = await trainFromScratch({
      network: (scope, x) => conv4(scope, x, { width: 8, pools: 2 }),
      photos,
      size: [SIDE, SIDE],
      rows: rows.slice(0, LABELLED),
      labels: told,
      ways: 2,
      epochs: 20,
      batch: 5,
      rate: 5e-3,
      smoothing: 0,
      policy: policyNamed("none"),
      views: "fresh",
      random: createRandom(2),
      threads: 1,
      unlabelled: {
        method,
        options: { ...method.defaults, averaging: 0.8, ratio: 2 },
        rows: rows.slice(LABELLED),
      },
    });
    return { ...trained, scores: await trained.score(rows) };
  } finally {
    await photos.close();
  }
};

const right = ({ scores }: { readonly scores: Matrix }): number =>
  rows.filter((i) => argmax(rowOf(scores, i)) === labels[i]).length / COUNT;

describe.each(consistencyMethods)("$name", ({ name, defaults }) => {
  it("learns from labelled and unlabelled pictures, twice the same, and never looks at the labels of the pool", async () => {
    const first = await trainedBy(name);
    expect(right(first)).toBeGreaterThan(0.8);
    expect(first.history.every(({ loss }) => Number.isFinite(loss) && loss >= 0)).toBe(true);
    expect(Object.values(first.weights).every((tensor) => numbersOf(tensor).every(Number.isFinite))).toBe(true);
    expect(Object.keys(first.weights).filter((key) => key.startsWith(KEPT)).length).toBeLessThanOrEqual(1);
    const hidden = labels.map((label, i) => (i < LABELLED ? label : -1));
    const second = await trainedBy(name, hidden);
    expect(second.scores).toEqual(first.scores);
    expect(second.history).toEqual(first.history);
  });

  it("has defaults that mean something", () => {
    expect(defaults.weight).toBeGreaterThan(0);
    expect(Number.isInteger(defaults.ratio) && defaults.ratio >= 1).toBe(true);
    expect(defaults.averaging >= 0 && defaults.averaging < 1).toBe(true);
    expect(defaults.rampUp >= 0 && defaults.rampUp <= 1).toBe(true);
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Pixels } from "../../src/base/preprocess.ts";
import { createRandom } from "../../src/base/random.ts";
import { augmentations } from "../../src/data/augment/index.ts";
import type { Draw, Range, Ranges } from "../../src/data/augmentation.ts";
import { checkPolicy } from "../../src/data/check-policy.ts";
import { policies } from "../../src/data/policies.ts";
import { applyDraws } from "../../src/data/policy.ts";

const pictureOf = (width: number, height: number, level: (i: number) => number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => level(i)),
});

const noise = (width: number, height: number): Pixels => {
  const random = createRandom(`${width} x ${height}`);
  return pictureOf(width, height, () => random.integer(256));
};

/** Light from left to right, without colour. */
const ramp = pictureOf(64, 48, (i) => 4 * (Math.floor(i / 3) % 64));

/** As decoders give it: of a Buffer, `slice` shares memory, and what writes to it writes to the input. */
const decoded: Pixels = { ...noise(33, 33), data: Buffer.from(noise(33, 33).data) };

const shapes = [noise(64, 48), decoded, noise(1, 1), noise(1, 200), noise(200, 1), noise(3, 400), ramp];

describe("the shelf of augmentations", () => {
  it("has unlike names, in kebab case", () => {
    expect(new Set(augmentations.map(({ name }) => name)).size).toBe(augmentations.length);
    for (const { name } of augmentations) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});

describe("docs/augmentation.md", () => {
  const page = readFileSync(new URL("../../docs/augmentation.md", import.meta.url), "utf8");
  const cell = (ranges: Ranges): string =>
    Object.entries(ranges)
      .map(([name, ends]) => `${name} ${ends.map((end) => Math.round(1000 * end) / 1000).join(" … ")}`)
      .join(", ") || "–";

  it.each(augmentations)("states the ranges of $name", ({ name, defaults, strong, limits }) => {
    const cells = page
      .split("\n")
      .find((line) => line.startsWith(`| \`${name}\` |`))!
      .split("|")
      .map((text) => text.trim());
    expect(cells.slice(3, 6)).toEqual([defaults, strong, limits].map(cell));
  });

  it("names every policy, and its example is one", () => {
    for (const { name } of policies) expect(page).toContain(`| \`${name}\` |`);
    const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!) as unknown;
    expect(checkPolicy(example)).toEqual(example);
  });
});

describe.each(augmentations)("$name", (member) => {
  const { name, defaults, strong, limits, neutral, sample } = member;
  const apply = (pixels: Pixels, draw: Draw) => applyDraws(pixels, [{ augmentation: name, draw }]);
  const draws = (count: number): Draw[] => {
    const random = createRandom(name);
    return Array.from({ length: count }, () => sample(defaults, random));
  };

  it("has defaults and strongest ranges within its limits, and the same parameters in all", () => {
    for (const ranges of [defaults, strong]) {
      expect(Object.keys(ranges).sort()).toEqual(Object.keys(limits).sort());
      for (const [parameter, [low, high]] of Object.entries(ranges)) {
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(limits[parameter]![0]);
        expect(high).toBeLessThanOrEqual(limits[parameter]![1]);
      }
    }
    for (const [parameter, [low, high]] of Object.entries(limits)) {
      expect(neutral[parameter]).toBeGreaterThanOrEqual(low);
      expect(neutral[parameter]).toBeLessThanOrEqual(high);
    }
    expect(Object.keys(sample(defaults, createRandom(0))).sort()).toEqual(Object.keys(neutral).sort());
  });

  it("gives the same picture for the same draw, of the same size, and leaves the input alone", async () => {
    for (const pixels of shapes)
      for (const draw of draws(3)) {
        const before = new Uint8Array(pixels.data);
        const first = await apply(pixels, draw);
        const second = await apply(pixels, draw);
        expect(Buffer.compare(first.data, second.data)).toBe(0);
        expect([first.width, first.height, first.data.length]).toEqual([pixels.width, pixels.height, before.length]);
        expect(first.data.buffer).not.toBe(pixels.data.buffer);
        expect(Buffer.compare(pixels.data, before)).toBe(0);
      }
  });

  it("survives the ends of its limits", async () => {
    for (const end of [0, 1] as const) {
      const draw = { ...neutral, ...Object.fromEntries(Object.entries(limits).map(([p, range]) => [p, range[end]])) };
      for (const pixels of shapes) expect((await apply(pixels, draw)).data.length).toBe(pixels.data.length);
    }
  });

  it("makes one grey of one grey, unless it adds noise: nothing wraps around at black or white", async () => {
    if ("seed" in neutral) return;
    for (const level of [0, 128, 255])
      for (const draw of draws(5)) {
        const { data } = await apply(
          pictureOf(20, 20, () => level),
          draw,
        );
        expect(new Set(data).size).toBe(1);
        // no member turns dark into light
        expect(Math.abs(data[0]! - level)).toBeLessThan(64);
      }
  });

  it("keeps the picture at its neutral draw; without parameters, done twice it is undone", async () => {
    for (const pixels of shapes) {
      const once = await apply(pixels, neutral);
      if (name === "jpeg-artefacts") continue; // the best JPEG still rounds: below, on a ramp
      const back = Object.keys(neutral).length === 0 ? await apply(once, neutral) : once;
      expect(Buffer.compare(back.data, pixels.data)).toBe(0);
    }
    if (name === "jpeg-artefacts") {
      const { data } = await apply(ramp, neutral);
      expect(Math.max(...data.map((level, i) => Math.abs(level - ramp.data[i]!)))).toBeLessThanOrEqual(2);
    }
  });

  it("draws within its ranges, with their mean and spread", () => {
    const count = 4000;
    const all = draws(count);
    for (const [parameter, [low, high]] of Object.entries(defaults)) {
      const values = all.map((draw) => draw[parameter]!);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low - 1e-12);
      expect(Math.max(...values)).toBeLessThanOrEqual(high + 1e-12);
      // as likely wide as high: uniform in the logarithm
      const scale = name === "random-resized-crop" && parameter === "ratio" ? Math.log : (x: number): number => x;
      const [from, to] = [scale(low), scale(high)];
      const scaled = values.map(scale);
      const mean = scaled.reduce((a, b) => a + b) / count;
      const variance = scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
      // five standard errors of a uniform variable's mean and variance
      expect(Math.abs(mean - (from + to) / 2)).toBeLessThanOrEqual((5 * (to - from)) / Math.sqrt(12 * count) + 1e-12);
      expect(Math.abs(variance - (to - from) ** 2 / 12)).toBeLessThanOrEqual(
        (5 * (to - from) ** 2) / Math.sqrt(180 * count) + 1e-12,
      );
    }
  });

  it("takes ranges of one value", () => {
    const middle = (range: Range): Range => [(range[0] + range[1]) / 2, (range[0] + range[1]) / 2];
    const ranges = Object.fromEntries(Object.entries(defaults).map(([p, range]) => [p, middle(range)]));
    const draw = sample(ranges, createRandom(0));
    for (const [parameter, [value]] of Object.entries(ranges)) expect(draw[parameter]).toBeCloseTo(value, 12);
  });

  it("draws plain numbers that survive JSON, the same for the same seed, others for another", async () => {
    const [draw, other] = draws(2);
    expect(JSON.parse(JSON.stringify(draw))).toEqual(draw);
    expect(Object.values(draw!).every(Number.isFinite)).toBe(true);
    expect(sample(defaults, createRandom(name))).toEqual(draw);
    if (Object.entries(defaults).some(([, [low, high]]) => low < high)) expect(other).not.toEqual(draw);
    const again = await apply(shapes[0]!, JSON.parse(JSON.stringify(draw)) as Draw);
    expect(Buffer.compare(again.data, (await apply(shapes[0]!, draw!)).data)).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import type { Pixels } from "../../src/base/preprocess.ts";
import { createRandom } from "../../src/base/random.ts";
import { visibilityOf } from "../../src/data/defect.ts";
import { defects } from "../../src/data/defects/index.ts";

const pictureOf = (seed: string, width: number, height: number): Pixels => {
  const random = createRandom(seed);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => random.integer(256)) };
};

const sizes = [
  { width: 64, height: 48 },
  { width: 17, height: 90 },
];

describe("the shelf of defects", () => {
  it("has unlike names, in kebab case, and papers", () => {
    expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
    for (const { name, paper } of defects) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(paper).toMatch(/\d{4}.*https:\/\//);
    }
  });
});

describe.each(defects)("$name", ({ defaults, sample, apply }) => {
  it("draws within its ranges, the same for the same seed", () => {
    for (let i = 0; i < 50; i++) {
      const draw = sample(defaults, createRandom(i));
      expect(sample(defaults, createRandom(i))).toEqual(draw);
      for (const [name, [low, high]] of Object.entries(defaults)) {
        expect(draw[name]).toBeGreaterThanOrEqual(low);
        expect(draw[name]).toBeLessThanOrEqual(high);
      }
    }
    expect(sample(defaults, createRandom(1))).not.toEqual(sample(defaults, createRandom(2)));
  });

  describe.each(sizes)("on a picture of $width x $height", ({ width, height }) => {
    const picture = pictureOf("picture", width, height);
    const texture = pictureOf("texture", width, height);
    const draws = Array.from({ length: 20 }, (_, i) => sample(defaults, createRandom(i)));

    it("changes something inside the mask and nothing outside", async () => {
      for (const draw of draws) {
        const made = await apply(picture, draw, texture);
        expect([made.pixels.width, made.pixels.height]).toEqual([width, height]);
        expect(made.mask.length).toBe(width * height);
        expect([...new Set(made.mask)].sort()).toEqual([0, 1]);
        expect(visibilityOf(picture, made)).toBeGreaterThan(1);
        const outside = made.mask.map((inside) => 1 - inside);
        expect(visibilityOf(picture, { ...made, mask: outside })).toBe(0);
      }
    });

    it("gives the same picture for the same draw, and leaves its input untouched", async () => {
      const [before, other] = [structuredClone(picture), structuredClone(texture)];
      const made = await apply(picture, draws[0]!, texture);
      expect(await apply(picture, draws[0]!, texture)).toEqual(made);
      expect(picture).toEqual(before);
      expect(texture).toEqual(other);
    });
  });
});

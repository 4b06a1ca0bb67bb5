import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { drawn } from "../../test/fixtures/pictures.ts";
import { augmentations } from "./augment/index.ts";
import { checkPolicy } from "./check-policy.ts";
import { policies } from "./policies.ts";
import { applyDraws, augmentationNamed, sampleMix, samplePolicy, type Policy, type PolicyDraw } from "./policy.ts";
import { IDENTITY, warp } from "./warp.ts";

const noise = () => {
  const random = createRandom("noise");
  return drawn(24, 16, () => random.integer(256));
};

const draws = (policy: Policy, count: number): PolicyDraw[] => {
  const random = createRandom(policy.name);
  return Array.from({ length: count }, () => samplePolicy(policy, random));
};

describe.each(policies)("the policy $name", (policy) => {
  it("is one that its own check accepts, and plain data", () => {
    expect(checkPolicy(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  });

  it("draws the same for the same seed, plain data within limits, and gives the same picture", async () => {
    for (const draw of draws(policy, 100))
      for (const { augmentation, draw: values } of draw)
        for (const [parameter, [low, high]] of Object.entries(augmentationNamed(augmentation).limits)) {
          expect(values[parameter]).toBeGreaterThanOrEqual(low);
          expect(values[parameter]).toBeLessThanOrEqual(high);
        }
    const draw = samplePolicy(policy, createRandom(5));
    expect(samplePolicy(policy, createRandom(5))).toEqual(draw);
    const again = JSON.parse(JSON.stringify(draw)) as PolicyDraw;
    expect((await applyDraws(noise(), again)).data).toEqual((await applyDraws(noise(), draw)).data);
  });
});

it("has unlike names, beginning with none", () => {
  expect(policies[0]).toEqual({ name: "none", steps: [] });
  expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
});

it("knows every augmentation by its name", () => {
  for (const member of augmentations) expect(augmentationNamed(member.name)).toBe(member);
  expect(() => augmentationNamed("rotaton")).toThrow('unknown augmentation "rotaton"');
});

describe("steps", () => {
  it("are taken in their order, each as often as its probability says", () => {
    const policy: Policy = {
      name: "often",
      steps: [
        { augmentation: "rotation", probability: 0.3 },
        { augmentation: "brightness" },
        { augmentation: "blur", probability: 0 },
      ],
    };
    const all = draws(policy, 4000);
    const rotated = all.filter((draw) => draw.some(({ augmentation }) => augmentation === "rotation"));
    // five standard errors of √(4000 · 0.3 · 0.7) = 29
    expect(Math.abs(rotated.length - 1200)).toBeLessThan(145);
    for (const draw of rotated)
      expect(draw.map(({ augmentation }) => augmentation)).toEqual(["rotation", "brightness"]);
    expect(all.every((draw) => draw.length === (rotated.includes(draw) ? 2 : 1))).toBe(true);
  });

  it("take a policy's ranges in the place of their own, parameter by parameter", () => {
    const steps = [{ augmentation: "translation", ranges: { x: [0.5, 0.6] as const } }];
    for (const [step] of draws({ name: "right", steps }, 100)) {
      expect(step!.draw.x).toBeGreaterThanOrEqual(0.5);
      expect(step!.draw.x).toBeLessThanOrEqual(0.6);
      expect(Math.abs(step!.draw.y!)).toBeLessThanOrEqual(0.1);
    }
  });
});

describe("choose", () => {
  const chosen = (names: readonly string[], magnitude: number | "random", count = 1): Policy => ({
    name: `${names.join()} ${magnitude}`,
    steps: names.map((augmentation) => ({ augmentation })),
    choose: { count, magnitude },
  });

  it("takes so many steps, each as likely, the same more than once", () => {
    const all = draws(chosen(["hue", "blur", "gamma"], 0.5, 2), 3000);
    expect(all.every((draw) => draw.length === 2)).toBe(true);
    const of = (name: string): number => all.flat().filter(({ augmentation }) => augmentation === name).length;
    // five standard errors of √(6000 · 1/3 · 2/3) = 37
    for (const name of ["hue", "blur", "gamma"]) expect(Math.abs(of(name) - 2000)).toBeLessThan(185);
    expect(all.some(([a, b]) => a!.augmentation === b!.augmentation)).toBe(true);
  });

  it("goes from nothing at 0 to the strongest at 1, on both sides where there are two", () => {
    const values = (name: string, parameter: string, magnitude: number): number[] => [
      ...new Set(draws(chosen([name], magnitude), 200).map(([step]) => step!.draw[parameter]!)),
    ];
    expect(values("rotation", "degrees", 0)).toEqual([0]);
    expect(values("rotation", "degrees", 1).sort((a, b) => a - b)).toEqual([-45, 45]);
    expect(
      values("rotation", "degrees", 1 / 3)
        .map(Math.abs)
        .map(Math.round),
    ).toEqual([15, 15]);
    expect(values("blur", "sigma", 0.5)).toEqual([1.5]);
    // the neutral value lies beyond the range: quality from 100 down to 10
    expect(values("jpeg-artefacts", "quality", 1)).toEqual([10]);
    expect(values("jpeg-artefacts", "quality", 0.5)).toEqual([55]);
  });

  it("leaves every picture as it is at 0, but for members without parameters", async () => {
    const picture = noise();
    for (const { name, neutral } of augmentations) {
      if (Object.keys(neutral).length === 0 || name === "jpeg-artefacts") continue;
      const [step] = draws(chosen([name], 0), 1)[0]!;
      // what has no magnitude, such as proportions, says nothing only at a neutral area
      if (name === "random-resized-crop") continue;
      expect((await applyDraws(picture, [step!])).data).toEqual(picture.data);
    }
  });

  it("draws places from all of their range at any magnitude", () => {
    const places = draws(chosen(["cut-out"], 0.3), 300).map(([step]) => step!.draw);
    expect(new Set(places.map(({ x }) => x)).size).toBe(300);
    expect(Math.min(...places.map(({ x }) => x!))).toBeLessThan(0.05);
    expect(Math.max(...places.map(({ x }) => x!))).toBeGreaterThan(0.95);
    for (const { area } of places) expect(area).toBeCloseTo(0.12, 12); // 0.3 of the way to 0.4
  });

  it("draws the magnitude too where it is random", () => {
    const angles = draws(chosen(["rotation"], "random"), 2000).map(([step]) => Math.abs(step!.draw.degrees!));
    const mean = angles.reduce((a, b) => a + b) / 2000;
    expect(Math.abs(mean - 22.5)).toBeLessThan((5 * 45) / Math.sqrt(12 * 2000));
  });
});

describe("applying", () => {
  const turn = (degrees: number) => ({ augmentation: "rotation", draw: { degrees } });

  it("resamples once for geometry that follows geometry: there and back again is the picture itself", async () => {
    const picture = noise();
    const there = await applyDraws(picture, [turn(30)]);
    expect(there.data).not.toEqual(picture.data);
    expect((await applyDraws(picture, [turn(30), turn(-30)])).data).toEqual(picture.data);
    // between two retouchings nothing may be joined
    const still = { augmentation: "brightness", draw: { factor: 1 } };
    const twice = await applyDraws(picture, [turn(30), still, turn(-30)]);
    expect(twice.data).not.toEqual(picture.data);
    expect(twice.data).toEqual((await applyDraws(there, [turn(-30)])).data);
  });

  it("keeps the order of geometry and retouching", async () => {
    const picture = noise();
    const cut = { augmentation: "cut-out", draw: { area: 0.25, x: 0, y: 0 } };
    const flip = { augmentation: "horizontal-flip", draw: {} };
    const first = await applyDraws(picture, [cut, flip]);
    expect(first.data).toEqual((await applyDraws(await applyDraws(picture, [cut]), [flip])).data);
    expect(first.data).not.toEqual((await applyDraws(picture, [flip, cut])).data);
  });

  it("does nothing for no draws", async () => {
    const picture = noise();
    expect((await applyDraws(picture, [])).data).toEqual(picture.data);
    expect(warp(picture, IDENTITY).data).toEqual(picture.data);
  });
});

describe("mixes", () => {
  const size = { width: 32, height: 32 };
  const many = (policy: Policy, count: number) => {
    const random = createRandom("mixes");
    return Array.from({ length: count }, () => sampleMix(policy, size, random));
  };

  it("are none where a policy has none", () => {
    expect(many({ name: "plain", steps: [] }, 5)).toEqual([null, null, null, null, null]);
  });

  it("are drawn as often as their probability says, each as likely", () => {
    const mixes = [{ mix: "mixup", probability: 0.5 }, { mix: "cutmix" }];
    const all = many({ name: "both", steps: [], mixes }, 4000);
    const [none, faded] = [all.filter((draw) => draw === null), all.filter((draw) => draw?.box === null)];
    // a quarter each: five standard errors of √(4000 · 1/4 · 3/4) = 27
    expect(Math.abs(none.length - 1000)).toBeLessThan(137);
    expect(Math.abs(faded.length - 1000)).toBeLessThan(137);
  });

  it("take the alpha that a policy gives: a large one mixes half and half", () => {
    const mixes = [{ mix: "mixup", alpha: 100 }];
    for (const draw of many({ name: "even", steps: [], mixes }, 100))
      expect(Math.abs(draw!.share - 0.5)).toBeLessThan(0.2);
  });
});

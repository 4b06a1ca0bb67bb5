import { unknownName } from "../base/nearest-name.ts";
import type { Pixels } from "../base/preprocess.ts";
import type { Random } from "../base/random.ts";
import { augmentations } from "./augment/index.ts";
import type { Augmentation, Draw, Ranges } from "./augmentation.ts";
import type { MixDraw, MixOptions } from "./mix.ts";
import { mixes } from "./mix/index.ts";
import { compose, IDENTITY, warp, type Size } from "./warp.ts";

/** One augmentation in a policy. */
export interface Step {
  readonly augmentation: string;
  /** How often it is applied, in [0, 1]; 1 when absent. */
  readonly probability?: number;
  /** Ranges of some of its parameters in the place of its own. */
  readonly ranges?: Ranges;
}

/** How pictures are varied in training: plain data, which travels with the results. */
export interface Policy {
  readonly name: string;
  /** Applied in this order; of `choose`, what is chosen from. */
  readonly steps: readonly Step[];
  /**
   * Only so many of the steps, drawn anew for each picture: at a magnitude in [0, 1] from nothing to the strongest, or
   * at one drawn uniformly.
   */
  readonly choose?: { readonly count: number; readonly magnitude: number | "random" };
  /** Mixing of the pictures of a batch, one of them drawn for each batch. */
  readonly mixes?: readonly ({ readonly mix: string; readonly probability?: number } & Partial<MixOptions>)[];
}

/** What was drawn for one picture: steps in order. */
export type PolicyDraw = readonly { readonly augmentation: string; readonly draw: Draw }[];

const byName = new Map(augmentations.map((a) => [a.name, a]));

/** @throws optionError for a name nobody knows */
export const augmentationNamed = (name: string): Augmentation => {
  const found = byName.get(name);
  if (!found) throw unknownName("augmentation", name, [...byName.keys()]);
  return found;
};

/**
 * Ranges at a magnitude: from the neutral value to the strongest range; where that is on both sides, one is drawn. What
 * is no wider at its strongest, such as a place, is drawn from all of its range.
 */
const rangesAt = ({ defaults, strong, neutral }: Augmentation, magnitude: number, random: Random): Ranges =>
  Object.fromEntries(
    Object.entries(strong).map(([parameter, range]) => {
      const [low, high] = range;
      const [usualLow, usualHigh] = defaults[parameter]!;
      if (low === usualLow && high === usualHigh) return [parameter, range];
      const still = neutral[parameter]!;
      const end = random.uniform() < (still - low) / (high - low) ? low : high;
      const value = still + magnitude * (end - still);
      return [parameter, [value, value] as const];
    }),
  );

/** Draws what a policy does to one picture. */
export const samplePolicy = ({ steps, choose }: Policy, random: Random): PolicyDraw => {
  if (choose)
    return Array.from({ length: choose.count }, () => {
      const member = augmentationNamed(steps[random.integer(steps.length)]!.augmentation);
      const magnitude = choose.magnitude === "random" ? random.uniform() : choose.magnitude;
      return { augmentation: member.name, draw: member.sample(rangesAt(member, magnitude, random), random) };
    });
  return steps.flatMap(({ augmentation, probability = 1, ranges }) => {
    if (random.uniform() >= probability) return [];
    const member = augmentationNamed(augmentation);
    return [{ augmentation, draw: member.sample({ ...member.defaults, ...ranges }, random) }];
  });
};

/**
 * Applies what was drawn, in order; geometry that follows geometry becomes one warp, so that a picture is resampled
 * once and not blurred a little by each.
 */
export const applyDraws = async (pixels: Pixels, draws: PolicyDraw): Promise<Pixels> => {
  let now = pixels;
  let map = IDENTITY;
  for (const { augmentation, draw } of draws) {
    const member = augmentationNamed(augmentation);
    if (member.kind === "geometry") {
      map = compose(map, member.map(draw, pixels));
      continue;
    }
    if (map !== IDENTITY) now = warp(now, map);
    map = IDENTITY;
    now = await member.apply(now, draw);
  }
  return map === IDENTITY ? now : warp(now, map);
};

/** Draws how a batch is mixed: one of the policy's mixes, if at all. */
export const sampleMix = ({ mixes: all = [] }: Policy, size: Size, random: Random): MixDraw | null => {
  const chosen = all[random.integer(Math.max(1, all.length))];
  if (!chosen || random.uniform() >= (chosen.probability ?? 1)) return null;
  const member = mixes.find(({ name }) => name === chosen.mix);
  if (!member)
    throw unknownName(
      "mix",
      chosen.mix,
      mixes.map((m) => m.name),
    );
  return member.sample({ alpha: chosen.alpha ?? member.defaults.alpha }, size, random);
};

import { optionError } from "../base/errors.ts";
import { unknownName } from "../base/nearest-name.ts";
import type { Augmentation, Range, Ranges } from "./augmentation.ts";
import { mixes } from "./mix/index.ts";
import { policies } from "./policies.ts";
import { augmentationNamed, type Policy } from "./policy.ts";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNumberIn = (value: unknown, [low, high]: Range): value is number =>
  typeof value === "number" && value >= low && value <= high;

const checkKeys = (where: string, value: Record<string, unknown>, known: readonly string[]): void => {
  const odd = Object.keys(value).find((key) => !known.includes(key));
  if (odd !== undefined) throw unknownName(`field of ${where}`, odd, known);
};

const wanted = (where: string, what: string, got: unknown): never => {
  throw optionError(`${where}: wanted ${what}, got ${JSON.stringify(got)}`, {
    hint: "See docs/augmentation.md for what a policy looks like.",
  });
};

const checkRanges = (where: string, { limits }: Augmentation, ranges: unknown): Ranges => {
  if (!isRecord(ranges)) return wanted(`${where}: ranges`, "an object", ranges);
  for (const [parameter, range] of Object.entries(ranges)) {
    const limit = Object.hasOwn(limits, parameter) ? limits[parameter] : undefined;
    if (!limit) throw unknownName(`parameter of ${where}`, parameter, Object.keys(limits));
    if (!Array.isArray(range) || range.length !== 2 || !range.every((end) => isNumberIn(end, limit)))
      return wanted(`${where}: ${parameter}`, `[low, high] within ${limit[0]} .. ${limit[1]}`, range);
    const [low, high] = range as [number, number];
    if (low > high) wanted(`${where}: ${parameter}`, "the lower end first", range);
  }
  return ranges as Ranges;
};

const checkProbability = (where: string, probability: unknown): void => {
  if (probability !== undefined && !isNumberIn(probability, [0, 1]))
    wanted(`${where}: probability`, "a number from 0 to 1", probability);
};

const checkStep = (where: string, step: unknown, isChosenFrom: boolean): void => {
  if (!isRecord(step) || typeof step.augmentation !== "string")
    return wanted(where, 'an object with the name of an "augmentation"', step);
  checkKeys(where, step, ["augmentation", "probability", "ranges"]);
  const idle = isChosenFrom && ["probability", "ranges"].find((key) => step[key] !== undefined);
  if (idle) wanted(where, `no ${idle}, for "choose" says how often and how strongly`, step);
  const member = augmentationNamed(step.augmentation);
  checkProbability(`${where} (${member.name})`, step.probability);
  if (step.ranges !== undefined) checkRanges(`${where} (${member.name})`, member, step.ranges);
};

const checkMix = (where: string, mix: unknown): void => {
  if (!isRecord(mix) || typeof mix.mix !== "string") return wanted(where, 'an object with the name of a "mix"', mix);
  checkKeys(where, mix, ["mix", "probability", "alpha"]);
  const names = mixes.map((m) => m.name);
  if (!names.includes(mix.mix)) throw unknownName("mix", mix.mix, names);
  checkProbability(where, mix.probability);
  if (mix.alpha !== undefined && !isNumberIn(mix.alpha, [1e-3, 100]))
    wanted(`${where}: alpha`, "a number from 0.001 to 100", mix.alpha);
};

/**
 * A policy from plain data, such as a JSON file.
 *
 * @throws optionError naming what is unknown, missing or out of order
 */
export const checkPolicy = (value: unknown): Policy => {
  if (!isRecord(value)) return wanted("policy", "an object", value);
  checkKeys("the policy", value, ["name", "steps", "choose", "mixes"]);
  const { name, steps, choose, mixes: all = [] } = value;
  if (typeof name !== "string" || name === "") wanted("policy: name", "a text", name);
  if (!Array.isArray(steps)) return wanted("policy: steps", "a list", steps);
  steps.forEach((step, i) => checkStep(`policy: step ${i + 1}`, step, choose !== undefined));
  if (choose !== undefined) {
    if (!isRecord(choose)) return wanted("policy: choose", "an object", choose);
    checkKeys("choose", choose, ["count", "magnitude"]);
    if (!Number.isInteger(choose.count) || !isNumberIn(choose.count, [1, 100]) || steps.length === 0)
      wanted("policy: choose: count", "a whole number of at least 1, and steps to choose from", choose.count);
    if (choose.magnitude !== "random" && !isNumberIn(choose.magnitude, [0, 1]))
      wanted("policy: choose: magnitude", 'a number from 0 to 1, or "random"', choose.magnitude);
  }
  if (!Array.isArray(all)) return wanted("policy: mixes", "a list", all);
  all.forEach((mix, i) => checkMix(`policy: mix ${i + 1}`, mix));
  return value as unknown as Policy; // every field was looked at
};

/** The policy of that name. */
export const policyNamed = (name: string): Policy => {
  const found = policies.find((policy) => policy.name === name);
  if (!found)
    throw unknownName(
      "augmentation policy",
      name,
      policies.map((policy) => policy.name),
    );
  return found;
};

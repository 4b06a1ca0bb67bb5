import { optionError } from "../base/errors.ts";
import { unknownName } from "../base/nearest-name.ts";
import type { Labelling, SemiSupervision } from "../evaluate/pseudo-label.ts";
import { consistencyMethods } from "../methods/consistency/index.ts";
import { semiSupervisedMethods } from "../methods/semi-supervised/index.ts";
import type { Unlabelled } from "../train/consistency/consistency-batches.ts";

/** Changes to a method's defaults, as a person writes them, by name. */
export type GivenOptions = Readonly<Record<string, string>>;

/** How a network learns from unlabelled photos: through its own answers to them, or by labels that a head gives them. */
export interface Teaching {
  /** Of the method. */
  readonly name: string;
  readonly consistency: Pick<Unlabelled, "method" | "options"> | null;
  readonly labelling: Labelling | null;
}

const namesOf = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

/** A method's defaults, changed. @throws E_OPTION for an option it has not, or a word for a number */
const changed = <O extends object>(name: string, defaults: O, given: GivenOptions): O => {
  const own = Object.entries(given).map(([key, text]) => {
    if (!(key in defaults)) throw unknownName(`option of ${name}`, key, Object.keys(defaults));
    if (typeof defaults[key as keyof O] !== "number") return [key, text];
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value))
      throw optionError(`${key} of ${name}: wanted a number, got "${text}"`);
    return [key, value];
  });
  return { ...defaults, ...(Object.fromEntries(own) as Partial<O>) };
};

/** Whether a name is that of a method by which the network itself learns from pixels. */
export const isConsistency = (semi: string): boolean => namesOf(consistencyMethods).includes(semi);

/** The methods for heads meant by a name or by "auto"; none where it is one for networks. @throws E_OPTION */
export const semiMethods = (semi: string, given: GivenOptions = {}): SemiSupervision[] => {
  const names = namesOf([...semiSupervisedMethods, ...consistencyMethods]);
  if (semi !== "auto" && !names.includes(semi)) throw unknownName("semi-supervised method", semi, ["auto", ...names]);
  if (semi === "auto" && Object.keys(given).length > 0)
    throw optionError("options are those of one method, not of auto", { hint: "Name the method with --semi." });
  return semiSupervisedMethods
    .filter(({ name, competes }) => (semi === "auto" ? competes : name === semi))
    .map((method) => ({ method, options: changed(method.name, method.defaults, given) }));
};

/** How the network is to learn: by the method of that name, or by labels of the one that proved a gain for the head. */
export const teachingOf = (semi: string, used: string, given: GivenOptions = {}): Teaching | null => {
  const method = consistencyMethods.find(({ name }) => name === semi);
  if (method) {
    const options = changed(method.name, method.defaults, given);
    checkConsistency(method.name, options);
    return { name: method.name, consistency: { method, options }, labelling: null };
  }
  const labelling = semiMethods(semi, given).find(({ method: { name } }) => name === used);
  return labelling ? { name: used, consistency: null, labelling } : null;
};

/** @throws E_OPTION for numbers that mean nothing */
const checkConsistency = (name: string, { weight, ratio, averaging, rampUp }: Unlabelled["options"]): void => {
  const wanted = (what: string, isRight: boolean, range: string, got: number): void => {
    if (!isRight) throw optionError(`${what} of ${name}: wanted ${range}, got ${got}`);
  };
  wanted("weight", weight > 0, "a number above 0", weight);
  wanted("ratio", Number.isInteger(ratio) && ratio >= 1, "a whole number from 1", ratio);
  wanted("averaging", averaging >= 0 && averaging < 1, "a number from 0, below 1", averaging);
  wanted("rampUp", rampUp >= 0 && rampUp <= 1, "a number from 0 to 1", rampUp);
};

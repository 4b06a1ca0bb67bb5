import { createHash } from "node:crypto";
import { optionError } from "../../base/errors.ts";

/** An arm and its weight, >= 0; shares are weights over their sum. */
export interface WeightedArm {
  readonly name: string;
  readonly weight: number;
}

/** A number in (0, 1) from a text: the first 52 bits of its SHA-256, as a fraction. */
const uniformOf = (text: string): number =>
  (parseInt(createHash("sha256").update(text).digest("hex").slice(0, 13), 16) + 0.5) / 2 ** 52;

/** Shares of arms, summing to 1. @throws HandfulError E_OPTION for weights that are none */
export const sharesOf = (arms: readonly WeightedArm[]): number[] => {
  const sum = arms.reduce((total, { weight }) => total + weight, 0);
  if (!(sum > 0 && Number.isFinite(sum)) || arms.some(({ weight }) => !(weight >= 0)))
    throw optionError(
      `weights of arms: wanted numbers of 0 and more, one of them above 0, got ${arms.map((arm) => `${arm.name}=${arm.weight}`).join(", ") || "no arm"}`,
      { hint: "Give for example a=90, b=10." },
    );
  return arms.map(({ weight }) => weight / sum);
};

/**
 * The arm of a key: the same for the same key, salt, arms and weights, on every machine.
 *
 * Each arm draws u from the SHA-256 of the UTF-8 JSON text ["salt","arm","key"] (its first 13 hexadecimal digits x:
 * u = (x + 0.5) / 2^52), and the largest weight / -log(u) wins (weighted rendezvous hashing). So an arm is chosen by its share, and where weights change only as many keys move as must: to the arms that
 * gain, from those that lose.
 *
 * @param salt  names the experiment: other experiments divide the same keys independently
 * @see Schindelhauer & Schomaker 2005, logarithmic method. https://doi.org/10.1145/1073970.1074008
 */
export const assignArm = (arms: readonly WeightedArm[], salt: string, key: string): string => {
  const shares = sharesOf(arms);
  let best = { name: "", score: -1 };
  arms.forEach(({ name }, i) => {
    const score = shares[i]! / -Math.log(uniformOf(JSON.stringify([salt, name, key])));
    if (shares[i]! > 0 && score > best.score) best = { name, score };
  });
  return best.name;
};

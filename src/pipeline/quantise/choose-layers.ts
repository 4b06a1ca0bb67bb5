import { meanOf } from "../../evaluate/select.ts";

/** Numbers of layers to leave in floats, fewest first, worst layers first: at most half of them. */
export const ladderOf = (layers: number): number[] => {
  const steps = [0];
  for (let k = 1; k <= layers / 2; k += k < 4 ? 1 : k < 8 ? 2 : 2 ** Math.floor(Math.log2(k) - 1)) steps.push(k);
  return steps;
};

/** Share of photos that must keep their answer, right or wrong: a model near chance may answer at random and lose nothing. */
export const LEAST_AGREEMENT = 0.9;

/** What a rung says of each photo, 1 or 0. */
export interface Rung {
  readonly right: Uint8Array;
  /** Whether it says the same as the model in floats. */
  readonly same: Uint8Array;
}

export interface ChooseOptions {
  /** 1 where the model in floats is right, else 0, by photo. */
  readonly before: Uint8Array;
  /** Asked for when needed, once each. */
  readonly after: (rung: number) => Promise<Rung>;
  /** How many rungs the ladder has, from all in 8 bits to most in floats. */
  readonly rungs: number;
  /** Fold by photo. */
  readonly folds: Int32Array;
  /** Accuracy that may be lost. */
  readonly maxLoss: number;
}

export interface Choice {
  /** The rung that all photos together choose; null when none keeps within the loss. */
  readonly rung: number | null;
  /** The rung that was chosen for each photo without its fold; the last one where none keeps within the loss. */
  readonly nested: Int32Array;
  /** Loss of accuracy by rung on all photos, as far as it was looked at. */
  readonly losses: readonly number[];
}

/**
 * The lowest rung that loses at most half of what may be lost, the other half being left to the luck of the choice, and
 * that gives nine photos of ten the same answer.
 *
 * The choice is made on all photos for the model that is written, and anew for each fold on the photos of the others;
 * what those choices say of their own folds is an honest figure of the procedure.
 */
export const chooseRung = async ({ before, after, rungs, folds, maxLoss }: ChooseOptions): Promise<Choice> => {
  const known: Rung[] = [];
  const lossOn = ({ right }: Rung, rows: readonly number[]): number => meanOf(rows.map((i) => before[i]! - right[i]!));
  const lowest = async (rows: readonly number[]): Promise<number | null> => {
    for (let rung = 0; rung < rungs; rung++) {
      const said = (known[rung] ??= await after(rung));
      const agreement = meanOf(rows.map((i) => said.same[i]!));
      if (lossOn(said, rows) <= maxLoss / 2 && agreement >= LEAST_AGREEMENT) return rung;
    }
    return null;
  };
  const all = Array.from(before.keys());
  const rung = await lowest(all);
  const nested = new Int32Array(before.length);
  for (const fold of new Set(folds)) {
    const chosen = (await lowest(all.filter((i) => folds[i] !== fold))) ?? rungs - 1;
    for (const i of all) if (folds[i] === fold) nested[i] = chosen;
  }
  return { rung, nested, losses: known.map((said) => lossOn(said, all)) };
};

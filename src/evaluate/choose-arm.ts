import { matrix, rowOf } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { compareArms, recommendArm } from "./ablation.ts";
import type { HeadResult } from "./evaluate-heads.ts";
import type { Arm, Evidence } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import type { NestedRound } from "./nested.ts";
import { meanOf } from "./select.ts";

/** A head learned in some way. */
export interface ArmResult {
  readonly name: string;
  readonly result: HeadResult;
}

type Arms = readonly [ArmResult, ...ArmResult[]];

/** What is told of the arms and the one that is used, and how they are compared. */
export interface Telling {
  readonly tell: (arms: readonly Arm[], used: Arm) => Pick<Evidence, "augmentation" | "unlabelled">;
  /** Whether the probability given to the truth is what must rise beyond chance; else being right is. */
  readonly byCredit: boolean;
}

/** Sets the arms beside the first on some images, by what some repeats said of them out of fold. */
const compareOn = (
  arms: Arms,
  {
    rows,
    rounds,
    byCredit,
  }: { readonly rows: readonly number[]; readonly rounds: readonly number[]; readonly byCredit: boolean },
  random: Random,
): Arm[] => {
  const { labels, groups } = arms[0].result.findings;
  const rightIn = ({ result: { findings } }: ArmResult): Float64Array =>
    Float64Array.from(rows, (row) => {
      const answers = rounds.map((r) => findings.nested[r]!.predicted[row]!);
      return answers.filter((answer) => answer === labels[row]).length / answers.length;
    });
  const creditIn = ({ result: { findings } }: ArmResult): Float64Array =>
    Float64Array.from(rows, (row) =>
      meanOf(rounds.map((r) => rowOf(findings.nested[r]!.probabilities, row)[labels[row]!]!)),
    );
  const [baseline, ...others] = arms.map((arm) => ({
    name: arm.name,
    right: rightIn(arm),
    ...(byCredit && { credit: creditIn(arm) }),
  }));
  return compareArms(
    [baseline!, ...others],
    Int32Array.from(rows, (row) => groups[row]!),
    random,
  );
};

const indexOf = (arms: Arms, { name }: Arm): number => arms.findIndex((arm) => arm.name === name);

/** For every fold the answers of the arm chosen on the other folds. */
const nestedAnswers = (arms: Arms, r: number, byCredit: boolean, random: Random): NestedRound => {
  const { plan, nested } = arms[0].result.findings;
  const { folds, count } = plan.rounds[r]!;
  const { probabilities: own } = nested[r]!;
  const probabilities = matrix(own.rows, own.columns);
  const predicted = new Int32Array(own.rows).fill(-1);
  const all = Array.from(folds.keys()).filter((i) => folds[i]! >= 0);
  const chosen = Array.from({ length: count }, (_, fold) => {
    const others = all.filter((i) => folds[i] !== fold);
    const index = indexOf(
      arms,
      recommendArm(compareOn(arms, { rows: others, rounds: [r], byCredit }, random.fork(`${r}/${fold}`))),
    );
    const answers = arms[index]!.result.findings.nested[r]!;
    for (const row of all.filter((i) => folds[i] === fold)) {
      rowOf(probabilities, row).set(rowOf(answers.probabilities, row));
      predicted[row] = answers.predicted[row]!;
    }
    return index;
  });
  return { probabilities, predicted, chosen };
};

const sentence = (arms: readonly Arm[], used: Arm): string =>
  used.difference
    ? `${used.name} is used: it proved a gain of ${(100 * used.difference.mean).toFixed(1)} points over none.`
    : `none of ${arms
        .slice(1)
        .map(({ name }) => name)
        .join(", ")} proved a gain: images are taken as they are.`;

const AUGMENTATION: Telling = {
  tell: (arms, used) => ({ augmentation: { used: used.name, arms, text: sentence(arms, used) } }),
  byCredit: false,
};

/**
 * Chooses how is learned: only in a way that proved a gain over the first.
 *
 * The accuracy given is that of the choosing itself: for each fold the arm is chosen on what all said of the other
 * folds, and answers for the fold are that arm's.
 * @param arms  the baseline first; all of the same images, folds and seed
 */
export const chooseArm = async (
  arms: Arms,
  random: Random,
  { tell, byCredit }: Telling = AUGMENTATION,
): Promise<HeadResult> => {
  const { findings } = arms[0].result;
  const asked = Array.from(findings.labels.keys()).filter((i) => findings.nested.every((n) => n.predicted[i]! >= 0));
  if (findings.plan.kind === "none" || asked.length === 0) return arms[0].result;
  const compared = compareOn(arms, { rows: asked, rounds: [...findings.nested.keys()], byCredit }, random.fork("all"));
  const best = recommendArm(compared);
  const { result } = arms[indexOf(arms, best)]!;
  const nested = findings.nested.map((_, r) => nestedAnswers(arms, r, byCredit, random));
  const chosen: Findings = { ...result.findings, nested };
  const gathered = await gatherEvidence(chosen, async () => result.evidence.learningCurve!);
  return { ...result, findings: chosen, evidence: { ...gathered, ...tell(compared, best) } };
};

import { matrix, rowOf } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { compareArms, recommendArm } from "./ablation.ts";
import type { HeadResult } from "./evaluate-heads.ts";
import type { Arm, AugmentationEvidence } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import type { NestedRound } from "./nested.ts";

/** A head learned with images varied in some way. */
export interface ArmResult {
  readonly name: string;
  readonly result: HeadResult;
}

type Arms = readonly [ArmResult, ...ArmResult[]];

/** Sets the arms beside the first on some images, by what one repeat said of them out of fold. */
const compareOn = (arms: Arms, rows: readonly number[], rounds: readonly number[], random: Random): Arm[] => {
  const { labels, groups } = arms[0].result.findings;
  const rightIn = ({ result: { findings } }: ArmResult): Float64Array =>
    Float64Array.from(rows, (row) => {
      const answers = rounds.map((r) => findings.nested[r]!.predicted[row]!);
      return answers.filter((answer) => answer === labels[row]).length / answers.length;
    });
  const [baseline, ...others] = arms.map((arm) => ({ name: arm.name, right: rightIn(arm) }));
  return compareArms(
    [baseline!, ...others],
    Int32Array.from(rows, (row) => groups[row]!),
    random,
  );
};

const indexOf = (arms: Arms, { name }: Arm): number => arms.findIndex((arm) => arm.name === name);

/** For every fold the answers of the arm chosen on the other folds. */
const nestedAnswers = (arms: Arms, r: number, random: Random): NestedRound => {
  const { plan, nested } = arms[0].result.findings;
  const { folds, count } = plan.rounds[r]!;
  const { probabilities: own } = nested[r]!;
  const probabilities = matrix(own.rows, own.columns);
  const predicted = new Int32Array(own.rows).fill(-1);
  const all = Array.from(folds.keys()).filter((i) => folds[i]! >= 0);
  const chosen = Array.from({ length: count }, (_, fold) => {
    const others = all.filter((i) => folds[i] !== fold);
    const index = indexOf(arms, recommendArm(compareOn(arms, others, [r], random.fork(`${r}/${fold}`))));
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

/**
 * Chooses how images are varied in learning: only what proved a gain over not at all.
 *
 * The accuracy given is that of the choosing itself: for each fold the arm is chosen on what all said of the other
 * folds, and answers for the fold are that arm's.
 * @param arms  the baseline first; all of the same images, folds and seed
 */
export const chooseArm = async (arms: Arms, random: Random): Promise<HeadResult> => {
  const { findings } = arms[0].result;
  const asked = Array.from(findings.labels.keys()).filter((i) => findings.nested.every((n) => n.predicted[i]! >= 0));
  if (findings.plan.kind === "none" || asked.length === 0) return arms[0].result;
  const compared = compareOn(arms, asked, [...findings.nested.keys()], random.fork("all"));
  const best = recommendArm(compared);
  const { result } = arms[indexOf(arms, best)]!;
  const nested = findings.nested.map((_, r) => nestedAnswers(arms, r, random));
  const chosen: Findings = { ...result.findings, nested };
  const augmentation: AugmentationEvidence = { used: best.name, arms: compared, text: sentence(compared, best) };
  const gathered = await gatherEvidence(chosen, async () => result.evidence.learningCurve!);
  return { ...result, findings: chosen, evidence: { ...gathered, augmentation } };
};

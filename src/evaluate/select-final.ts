import { argmax, rowOf } from "../base/matrix.ts";
import type { Candidate, HeldOutScores } from "./cross-validate.ts";
import type { CandidateEvidence, Selection } from "./evidence.ts";
import type { Plan } from "./protocol.ts";
import { chooseSimplest, fareOf, groupedError, meanOf } from "./select.ts";

export interface Final {
  /** Index of the candidate. */
  readonly chosen: number;
  readonly temperature: number;
  /** Of every candidate; absent where what was chosen is no head. */
  readonly temperatures?: readonly number[];
  readonly selection: Selection;
}

export interface FinalInput {
  readonly candidates: readonly Candidate[];
  readonly plan: Plan;
  readonly labels: Int32Array;
  readonly groups: Int32Array;
  /** [rounds][candidates] */
  readonly scores: readonly (readonly HeldOutScores[])[];
}

/** "ridge (lambda 0.1)". */
export const describeCandidate = ({ method, options }: Candidate): string => {
  const parts = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return parts.length > 0 ? `${method.name} (${parts.join(", ")})` : method.name;
};

const SCORE = "mean log loss out of fold, after fitting the temperature; lower is better";

const unjudged = ({ candidates, plan }: FinalInput): Final => {
  const first = candidates[0]!;
  const reason =
    plan.kind === "none"
      ? "a class has too few images to hold any out"
      : "a class has too few images to hold two parts out at a time";
  return {
    chosen: 0,
    temperature: 1,
    temperatures: candidates.map(() => 1),
    selection: {
      method: first.method.name,
      options: first.options,
      score: SCORE,
      candidates: [],
      text: `${describeCandidate(first)} was taken without comparison, because ${reason}.`,
    },
  };
};

const sentence = (rows: readonly CandidateEvidence[], chosen: number, best: number): string => {
  const [own, least] = [rows[chosen]!, rows[best]!];
  if (rows.length === 1) return `${own.text} was asked for.`;
  if (chosen === best)
    return `${own.text} has the lowest log loss of ${rows.length} candidates, and no simpler one comes within one standard error of it.`;
  return `${own.text} is the simplest of ${rows.length} candidates whose log loss (${own.score.toFixed(3)}) is within one standard error of the best (${least.text}, ${least.score.toFixed(3)}).`;
};

/** Mean over rounds of every asked image's log loss, and accuracy, for one candidate. */
const judge = (input: FinalInput, c: number, asked: readonly number[]) => {
  const { plan, labels, scores } = input;
  const fares = scores.map((round) => fareOf(round[c]!.outer, labels, asked));
  const losses = Float64Array.from(asked, (_, i) => meanOf(fares.map((fare) => fare.losses[i]!)));
  const rights = scores.map(
    (round) => asked.filter((row) => argmax(rowOf(round[c]!.outer, row)) === labels[row]).length,
  );
  const temperature = Math.exp(meanOf(fares.map((fare) => Math.log(fare.temperature))));
  return { losses, temperature, accuracy: meanOf(rights) / asked.length, rounds: plan.rounds.length };
};

/** Chooses the head that is kept, on all images: the simplest within one standard error of the best log loss. */
export const selectFinal = (input: FinalInput): Final => {
  const { candidates, plan, labels, groups } = input;
  if (plan.rounds.length === 0) return unjudged(input);
  const asked = Array.from(labels.keys()).filter((i) => plan.rounds.every((round) => round.folds[i]! >= 0));
  const judged = candidates.map((_, c) => judge(input, c, asked));
  const own = asked.map((i) => groups[i]!);
  const chosen = chooseSimplest(
    judged.map((j) => j.losses),
    own,
  );
  const scores = judged.map((j) => meanOf(j.losses));
  const rows = candidates.map((candidate, c): CandidateEvidence => ({
    method: candidate.method.name,
    options: candidate.options,
    text: describeCandidate(candidate),
    score: scores[c]!,
    standardError: groupedError(judged[c]!.losses, own),
    accuracy: judged[c]!.accuracy,
    chosen: c === chosen,
  }));
  const { method, options } = candidates[chosen]!;
  const text = plan.canSelect
    ? sentence(rows, chosen, scores.indexOf(Math.min(...scores)))
    : unjudged(input).selection.text;
  return {
    chosen,
    temperature: judged[chosen]!.temperature,
    temperatures: judged.map(({ temperature }) => temperature),
    selection: { method: method.name, options, score: SCORE, candidates: rows, text },
  };
};

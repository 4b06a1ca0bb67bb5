import { argmax, matrix, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { probabilitiesOf } from "./calibrate.ts";
import type { CandidateEvidence, Contestant, Evidence, HeadOptions, LearningCurve, Selection } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import { crossValidated, effectiveImages } from "./intervals.ts";
import type { NestedRound } from "./nested.ts";
import type { Round } from "./protocol.ts";
import { chooseSimplest, fareOf, groupedError, meanOf } from "./select.ts";

/** Something dearer than a head, such as a fine-tuned network, with what it said of images it had not seen. */
export interface Rival {
  readonly method: string;
  readonly options: HeadOptions;
  /** For people: "fine-tuned last 6 blocks". */
  readonly text: string;
  readonly round: Round;
  /** Row i by the model trained without i's fold; not normalised; [images, classes]. */
  readonly scores: Matrix;
}

export interface Outcome {
  readonly won: "head" | "rival";
  /** Of the winner. */
  readonly temperature: number;
  /** Of the whole choosing: head or rival, decided anew for every fold without it. */
  readonly evidence: Evidence;
}

interface Known {
  readonly findings: Findings;
  readonly evidence: Evidence;
}

const NOT_DRAWN: LearningCurve = {
  measured: [],
  forecast: [],
  text: "Not measured for a fine-tuned network: it would take dozens of trainings.",
};

/** Probability of nothing is never believed, as in the log loss of scores. */
const LEAST = Math.exp(-50);

const percent = ({ value, interval }: Contestant["accuracy"]): string =>
  `${(100 * value).toFixed(1)} %${interval ? ` (${(100 * interval.low).toFixed(1)}–${(100 * interval.high).toFixed(1)} %)` : ""}`;

const sentence = (head: Contestant, rival: Contestant, won: boolean): string =>
  won
    ? `${rival.text} reached ${percent(rival.accuracy)} and beat the best head on frozen features, ${head.text} with ${percent(head.accuracy)}, by more than one standard error of the log loss.`
    : `${head.text} on frozen features was kept with ${percent(head.accuracy)}: ${rival.text} reached ${percent(rival.accuracy)}, and did not beat it by more than one standard error of the log loss.`;

/** What both said of the images that were asked of both, out of fold. */
interface Match extends Known {
  readonly rival: Rival;
  /** Images asked. */
  readonly asked: readonly number[];
}

/** The winner on some images, 0 the head and 1 the rival, with the rival's temperature for them. */
const choose = ({ findings: { labels, groups }, evidence, rival }: Match, rows: readonly number[]) => {
  const outOfFold = evidence.outOfFold!;
  const ofHead = Float64Array.from(rows, (i) => -Math.log(Math.max(LEAST, outOfFold[i]!.probabilities[labels[i]!]!)));
  const { temperature, losses: ofRival } = fareOf(rival.scores, labels, rows);
  const own = rows.map((i) => groups[i]!);
  return { index: chooseSimplest([ofHead, ofRival], own), temperature, losses: ofRival, own };
};

/** The answers of the winner, chosen for every fold on the others. */
const nestedAnswers = (match: Match): NestedRound => {
  const { findings, evidence, rival, asked } = match;
  const { folds, count } = rival.round;
  const probabilities = matrix(findings.labels.length, findings.classes.length);
  const predicted = new Int32Array(findings.labels.length).fill(-1);
  const chosen = Array.from({ length: count }, (_, fold) => {
    const { index, temperature } = choose(
      match,
      asked.filter((i) => folds[i] !== fold),
    );
    const held = asked.filter((i) => folds[i] === fold);
    const ofRival = probabilitiesOf(takeRows(rival.scores, held), temperature);
    held.forEach((row, i) => {
      const answer = index === 0 ? evidence.outOfFold![row]!.probabilities : rowOf(ofRival, i);
      rowOf(probabilities, row).set(answer);
      predicted[row] = argmax(answer);
    });
    return index;
  });
  return { probabilities, predicted, chosen };
};

/** Both with their accuracy; the head first. */
const contestantsOf = ({ findings, evidence, rival, asked }: Match, won: boolean): [Contestant, Contestant] => {
  const { labels, groups } = findings;
  const worth = effectiveImages(asked.map((i) => groups[i]!));
  const shareOf = (answer: (row: number) => number) =>
    crossValidated(asked.filter((i) => answer(i) === labels[i]).length / asked.length, worth);
  const { candidates, method } = evidence.selection;
  return [
    {
      text: candidates.find((c) => c.chosen)?.text ?? method,
      accuracy: shareOf((i) => evidence.outOfFold![i]!.predicted),
      used: !won,
    },
    { text: rival.text, accuracy: shareOf((i) => argmax(rowOf(rival.scores, i))), used: won },
  ];
};

const selectionOf = (match: Match, final: ReturnType<typeof choose>): Selection => {
  const { evidence, rival } = match;
  const { method, options, text } = rival;
  const won = final.index === 1;
  const contestants = contestantsOf(match, won);
  const own: CandidateEvidence = {
    method,
    options,
    text,
    score: meanOf(final.losses),
    standardError: groupedError(final.losses, final.own),
    accuracy: contestants[1].accuracy.value,
    chosen: won,
  };
  return {
    ...evidence.selection,
    ...(won && { method, options }),
    candidates: [...evidence.selection.candidates.map((c) => (won ? { ...c, chosen: false } : c)), own],
    contestants,
    text: sentence(...contestants, won),
  };
};

/**
 * Sets a rival beside the head that was chosen, image by image, both out of fold. The rival is used only where its log
 * loss is lower by more than one standard error.
 *
 * The accuracy given is that of the choosing itself: for each of the rival's folds the winner is chosen on what both
 * said of the other folds. Those answers come from models that saw the fold in training; to nest them too would take
 * the square of the trainings, for one choice out of two.
 */
export const contest = async (known: Known, rival: Rival): Promise<Outcome> => {
  const { findings, evidence } = known;
  const { folds, count } = rival.round;
  const asked = Array.from(folds.keys()).filter((i) => folds[i]! >= 0 && evidence.outOfFold![i]!.votes.length > 0);
  const match: Match = { ...known, rival, asked };
  const final = choose(match, asked);
  const won = final.index === 1;
  const temperature = won ? final.temperature : findings.final.temperature;
  const gathered = await gatherEvidence(
    {
      ...findings,
      plan: { kind: "k-fold", rounds: [rival.round], canSelect: true, unasked: findings.plan.unasked },
      nested: [nestedAnswers(match)],
      final: { chosen: findings.final.chosen, temperature, selection: selectionOf(match, final) },
    },
    async () => (won ? NOT_DRAWN : (evidence.learningCurve ?? NOT_DRAWN)),
  );
  const text = `${count}-fold stratified cross-validation in which the network is tuned anew for every fold, and head or tuned network chosen without it; near-duplicates and groups stay together`;
  return {
    won: won ? "rival" : "head",
    temperature,
    evidence: { ...gathered, protocol: { ...gathered.protocol, text } },
  };
};

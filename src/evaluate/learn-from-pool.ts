import { internalError } from "../base/errors.ts";
import { matrix, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { openAlgebra, type Algebra } from "../methods/algebra.ts";
import { subsetOf } from "../methods/few-shot/_shared.ts";
import { NO_LABELS, withPseudoLabels } from "../methods/pseudo-labels.ts";
import type { PseudoLabels } from "../methods/semi-supervised-method.ts";
import { chooseArm, type ArmResult } from "./choose-arm.ts";
import type { Candidate } from "./cross-validate.ts";
import { answering, type HeadResult } from "./evaluate-heads.ts";
import type { Arm } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import { rowsWithMade } from "./made.ts";
import { nestedRound } from "./nested.ts";
import {
  familiarRows,
  pseudoLabel,
  type CalibratedCandidate,
  type Collapse,
  type Familiar,
  type Labelling,
  type PseudoLabelled,
} from "./pseudo-label.ts";
import { fareOf } from "./select.ts";

export interface LearnFromPoolOptions {
  /** What labelled images alone give. */
  readonly plain: HeadResult;
  /** Features of the unlabelled images, [pool, dim], finite; none of them near one of the labelled. */
  readonly pool: Matrix;
  readonly methods: readonly Labelling[];
  readonly random: Random;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LearnedFromPool {
  readonly result: HeadResult;
  /** Name of the method whose labels are learned from, or "none". */
  readonly used: string;
  /** Of the method that is used; empty for none. */
  readonly labels: PseudoLabels;
  /** What was thought of the pool with all labelled images known. */
  readonly familiar: Familiar;
  /** Methods whose labels were taken back, with the class that took over. */
  readonly collapses: readonly { readonly name: string; readonly collapse: Collapse }[];
}

/** Most heads that vote. */
const VOTERS = 3;

/** The head that was chosen, then the first of each other kind. */
const headsOf = (
  candidates: readonly Candidate[],
  chosen: number,
  temperatures: readonly number[],
): [CalibratedCandidate, ...CalibratedCandidate[]] => {
  const all = candidates.map((candidate, c) => ({ ...candidate, temperature: temperatures[c]! }));
  const own = all[chosen]!;
  const others = all.filter(
    ({ method }, c) => method !== own.method && all.findIndex((one) => one.method === method) === c,
  );
  return [own, ...others.slice(0, VOTERS - 1)];
};

interface Known extends LearnFromPoolOptions {
  /** Of one repeat. */
  readonly findings: Findings;
  readonly algebra: Algebra;
}

/** Labels the pool from some photos alone and learns from both; for each method the head's state. */
const learnOn = async (
  { plain, pool, methods, findings, algebra }: Known,
  {
    rows,
    heads,
    random,
  }: { readonly rows: Int32Array; readonly heads: ReturnType<typeof headsOf>; readonly random: Random },
) => {
  const { learned, source } = plain;
  const photos = subsetOf(learned, rows);
  const support = subsetOf(learned, rowsWithMade(rows, source, findings.labels.length));
  const groups = Int32Array.from(rows, (row) => findings.groups[row]!);
  const familiar = await familiarRows(photos, { groups, pool, random: random.fork("strangers") }, algebra);
  const [{ method, options }] = heads;
  const states: unknown[] = [];
  const given: PseudoLabelled[] = [];
  for (const supervision of methods) {
    const task = { support, pool, rows: familiar.rows, heads, random: random.fork(supervision.method.name) };
    const own = await pseudoLabel(supervision, task, algebra);
    given.push(own);
    states.push(await method.fit(withPseudoLabels(support, pool, own.labels), options, algebra));
  }
  return { familiar, given, states };
};

/** Out-of-fold scores of every method, [photos, classes]: the pool is labelled anew without each fold. */
const scoresOutOfFold = async (known: Known, tick: () => void): Promise<Matrix[]> => {
  const { plain, methods, findings, random, algebra } = known;
  const { folds, count } = findings.plan.rounds[0]!;
  const { chosen, temperatures } = findings.nested[0]!;
  if (!temperatures) throw internalError("learning from a pool: the heads of every fold are not known");
  const all = Array.from(folds.keys());
  const scores = methods.map(() => matrix(all.length, plain.learned.ways));
  for (let fold = 0; fold < count; fold++) {
    const heads = headsOf(plain.candidates, chosen[fold]!, temperatures[fold]!);
    const rows = Int32Array.from(all.filter((i) => folds[i] !== fold));
    const asked = all.filter((i) => folds[i] === fold);
    const { states } = await learnOn(known, { rows, heads, random: random.fork(`fold ${fold}`) });
    const queries = takeRows(plain.learned.features, asked);
    for (const [m, state] of states.entries()) {
      const answers = await heads[0].method.predict(state, queries, algebra);
      asked.forEach((row, i) => rowOf(scores[m]!, row).set(rowOf(answers, i)));
    }
    tick();
  }
  return scores;
};

/** A head that learned from the pool too, with its evidence. */
const armOf = async (
  { plain, findings, threads }: Known,
  { scores, state }: { readonly scores: Matrix; readonly state: unknown },
): Promise<HeadResult> => {
  const { labels, groups, plan, final } = findings;
  const round = plan.rounds[0]!;
  const asked = Array.from(labels.keys()).filter((i) => round.folds[i]! >= 0);
  const { temperature } = fareOf(scores, labels, asked);
  const nested = nestedRound({ round, labels, groups, scores: [{ outer: scores, inner: [] }] });
  const own: Findings = { ...findings, nested: [nested], final: { ...final, temperature } };
  const head = { method: plain.candidates[final.chosen]!.method, state, temperature, unknown: plain.unknown };
  const evidence = await gatherEvidence(own, async () => plain.evidence.learningCurve!);
  return { ...plain, ...head, ...answering(head, threads), findings: own, evidence };
};

const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;

const sentence = (arms: readonly Arm[], used: Arm): string => {
  if (used.difference)
    return `${used.name} is used: learning from unlabelled images too, accuracy rose by ${(100 * used.difference.mean).toFixed(1)} points, and the probability given to the truth beyond chance.`;
  const figures = arms.flatMap(({ name, difference }) => (difference ? [`${name} ${points(difference.mean)}`] : []));
  return `nothing is learned from the unlabelled images: no method proved a gain (${figures.join(", ")} points out of fold).`;
};

const learn = async (options: LearnFromPoolOptions, algebra: Algebra): Promise<LearnedFromPool> => {
  const { plain, methods, random, onProgress } = options;
  const { plan, nested, final } = plain.findings;
  const findings = {
    ...plain.findings,
    plan: { ...plan, rounds: plan.rounds.slice(0, 1) },
    nested: nested.slice(0, 1),
  };
  const known: Known = { ...options, findings, algebra };
  const total = plan.rounds[0]!.count + 1;
  let done = 0;
  const tick = (): void => onProgress?.(++done, total);
  const scores = await scoresOutOfFold(known, tick);
  const heads = headsOf(plain.candidates, final.chosen, final.temperatures!);
  const rows = Int32Array.from(findings.labels.keys());
  const { familiar, given, states } = await learnOn(known, { rows, heads, random: random.fork("all") });
  tick();
  const base = await gatherEvidence(findings, async () => plain.evidence.learningCurve!);
  const arms: [ArmResult, ...ArmResult[]] = [{ name: "none", result: { ...plain, findings, evidence: base } }];
  for (const [m, { method }] of methods.entries())
    arms.push({ name: method.name, result: await armOf(known, { scores: scores[m]!, state: states[m] }) });
  const result = await chooseArm(arms, random.fork("guard"), {
    tell: (compared, best) => ({ unlabelled: { used: best.name, arms: compared, text: sentence(compared, best) } }),
    byCredit: true,
  });
  const used = result.evidence.unlabelled?.used ?? "none";
  const collapses = methods.flatMap(({ method: { name } }, m) => {
    const { collapse } = given[m]!;
    return collapse ? [{ name, collapse }] : [];
  });
  const labels = given[methods.findIndex(({ method }) => method.name === used)]?.labels ?? NO_LABELS;
  return { result, used, labels, familiar, collapses };
};

/**
 * Learns from unlabelled images too, by the method that proves a gain on the labelled ones; by none where none does.
 *
 * In each fold the head that was chosen without it stays; strangers are told apart, labels given and the head learned
 * anew from the fold's training photos and the pool. A method is used where out of fold accuracy rises, and the probability
 * given to the truth does so beyond chance, all methods considered. The first repeat of the cross-validation is asked.
 *
 * @returns null where nothing can be held out, so that no gain could be proven, or the images are a sample
 */
export const learnFromPool = async (options: LearnFromPoolOptions): Promise<LearnedFromPool | null> => {
  const { plan, sample } = options.plain.findings;
  if (plan.kind === "none" || sample) return null;
  const algebra = openAlgebra(options.threads);
  try {
    return await learn(options, algebra);
  } finally {
    await algebra.close();
  }
};

export interface LabelPoolOptions extends Pick<LearnFromPoolOptions, "plain" | "pool" | "random" | "threads"> {
  /** null: no label is given. */
  readonly method: Labelling | null;
  /** Labelled photos that are known, by row; the others have no say. */
  readonly rows: Int32Array;
}

/** What can be said of a pool from some photos alone, by the head that was chosen: who belongs to no class, and labels. */
export const labelPool = async (
  options: LabelPoolOptions,
): Promise<{ readonly familiar: Familiar; readonly labels: PseudoLabels }> => {
  const { plain, method, rows, random, threads } = options;
  const { findings, candidates } = plain;
  const algebra = openAlgebra(threads);
  try {
    const heads = headsOf(candidates, findings.final.chosen, findings.final.temperatures!);
    const known = { ...options, methods: method ? [method] : [], findings, algebra };
    const { familiar, given } = await learnOn(known, { rows, heads, random });
    return { familiar, labels: given[0]?.labels ?? NO_LABELS };
  } finally {
    await algebra.close();
  }
};

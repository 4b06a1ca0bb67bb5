import { argmax, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { shuffled, type Random } from "../base/random.ts";
import type { ActiveTask } from "../methods/active-strategy.ts";
import { openAlgebra, type Algebra } from "../methods/algebra.ts";
import { strategyOf } from "../methods/choose-strategy.ts";
import { weighClasses } from "../methods/class-weights.ts";
import { transformed } from "../methods/few-shot/_shared.ts";
import type { Support } from "../methods/method.ts";
import { rotate } from "../methods/rotate.ts";
import { fitTemperature, probabilitiesOf } from "./calibrate.ts";
import { crossScores, type Candidate } from "./cross-validate.ts";
import type { Estimate } from "./evidence.ts";
import { meanInterval } from "./intervals.ts";
import { planRounds } from "./protocol.ts";

export interface SimulateOptions {
  /** [images, dim] */
  readonly features: Matrix;
  readonly labels: Int32Array;
  /** Never divided between those that may be labelled and those asked. */
  readonly groups: Int32Array;
  readonly ways: number;
  /** Names, or "auto"; "random" is among them. */
  readonly strategies: readonly string[];
  /** The head in use, then others that may disagree. */
  readonly heads: readonly [Candidate, ...Candidate[]];
  /** Images labelled at a time, and in the end. */
  readonly batch: number;
  readonly most: number;
  readonly repeats: number;
  readonly random: Random;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a strategy reached; intervals are Student's over repeats. */
export interface Replay {
  readonly strategy: string;
  readonly points: readonly { readonly labels: number; readonly accuracy: Estimate }[];
  /**
   * Part of the labels saved: 1 - the fewest with which the accuracy was reached that random labelling reaches in the end,
   * by those in the end; 0 where it never was. Null for random itself.
   */
  readonly saved: Estimate | null;
}

/** Share of the images, whole groups, that are asked and never labelled. */
const ASKED = 0.4;

interface Draw {
  readonly pool: readonly number[];
  readonly asked: readonly number[];
}

const drawOf = ({ groups }: SimulateOptions, random: Random): Draw => {
  const order = shuffled([...new Set(groups)], random);
  const kept = new Set(order.slice(0, Math.ceil(ASKED * order.length)));
  const rows = shuffled([...groups.keys()], random);
  return { pool: rows.filter((row) => !kept.has(groups[row]!)), asked: rows.filter((row) => kept.has(groups[row]!)) };
};

/** Heads learned from some rows, of the classes that these show. */
interface Learned {
  /** Class of every column of the answers. */
  readonly classes: readonly number[];
  answers(head: number, rows: readonly number[]): Promise<Matrix>;
}

const learnFrom = async (
  { features, labels, groups, heads, random }: SimulateOptions,
  rows: readonly number[],
  algebra: Algebra,
): Promise<Learned> => {
  const classes = [...new Set(rows.map((row) => labels[row]!))].sort((a, b) => a - b);
  const own = Int32Array.from(rows, (row) => classes.indexOf(labels[row]!));
  const ways = classes.length;
  const classWeights = weighClasses("balanced", { labels: own, ways });
  const support: Support = { features: takeRows(features, rows), labels: own, ways, classWeights };
  const subjects = { labels: own, groups: Int32Array.from(rows, (row) => groups[row]!), ways };
  const [round] = planRounds(subjects, random.fork("temperature")).rounds;
  const fitted = new Map<number, { readonly state: unknown; readonly temperature: number }>();
  const fit = async (head: number): Promise<{ readonly state: unknown; readonly temperature: number }> => {
    const candidate = heads[head]!;
    const state = await candidate.method.fit(support, candidate.options, algebra);
    if (!round) return { state, temperature: 1 };
    const { outer } = await crossScores(candidate, { support, round, pairs: false }, algebra);
    const known = Array.from(own.keys()).filter((i) => round.folds[i]! >= 0);
    const truths = known.map((i) => own[i]!);
    return { state, temperature: fitTemperature(takeRows(outer, known), truths) };
  };
  const answers = async (head: number, asked: readonly number[]): Promise<Matrix> => {
    const { state, temperature } = fitted.get(head) ?? (await fit(head));
    fitted.set(head, { state, temperature });
    const scores = await heads[head]!.method.predict(state, takeRows(features, asked), algebra);
    return probabilitiesOf(scores, temperature);
  };
  return { classes, answers };
};

/** Cosine of every row to the most similar of others; -1 where there is none. */
const nearnessTo = async (unit: Matrix, others: Matrix, algebra: Algebra): Promise<Float64Array> => {
  if (others.rows === 0) return new Float64Array(unit.rows).fill(-1);
  const cosines = await algebra.multiply(unit, others, { b: true });
  return Float64Array.from({ length: unit.rows }, (_, i) => rowOf(cosines, i).reduce((a, b) => Math.max(a, b), -1));
};

/** Labels by one strategy from nothing on; the accuracy after every batch. */
const replay = async (
  name: string,
  { pool, asked }: Draw,
  options: SimulateOptions,
  { unit, random, algebra }: { readonly unit: Matrix; readonly random: Random; readonly algebra: Algebra },
): Promise<number[]> => {
  const { labels, ways, batch, most, heads } = options;
  const labelled: number[] = [];
  const accuracies: number[] = [];
  let learned: Learned | null = null;
  while (labelled.length < most) {
    const open = pool.filter((row) => !labelled.includes(row));
    const wanted = strategyOf(name, { labelled: labelled.length, ways });
    const strategy = learned || wanted.needs === "nothing" ? wanted : strategyOf("random", { labelled: 0, ways });
    const answers: Matrix[] = [];
    const needed = strategy.needs === "nothing" ? 0 : strategy.needs === "several" ? heads.length : 1;
    for (let head = 0; learned && head < needed; head++) answers.push(await learned.answers(head, open));
    const features = takeRows(unit, open);
    const task: ActiveTask = {
      answers,
      features,
      nearness: await nearnessTo(features, takeRows(unit, labelled), algebra),
      labelled: labelled.length,
      count: Math.min(batch, most - labelled.length),
      random: random.fork(`after ${labelled.length}`),
      algebra,
    };
    labelled.push(...[...(await strategy.pick(task))].map((at) => open[at]!));
    learned = await learnFrom(options, labelled, algebra);
    const { classes } = learned;
    const said = await learned.answers(0, asked);
    accuracies.push(asked.filter((row, i) => classes[argmax(rowOf(said, i))] === labels[row]).length / asked.length);
  }
  return accuracies;
};

const estimate = (values: readonly number[]): Estimate => {
  const interval = meanInterval(values);
  return { value: values.reduce((a, b) => a + b, 0) / values.length, interval: values.length > 1 ? interval : null };
};

/** Part of the labels saved in one repeat. */
const savedBy = (own: readonly number[], byLot: readonly number[], budgets: readonly number[]): number => {
  const reached = own.findIndex((accuracy) => accuracy >= byLot.at(-1)!);
  return reached < 0 ? 0 : 1 - budgets[reached]! / budgets.at(-1)!;
};

/**
 * Replays labelling: from no label on, batch by batch, each strategy on the same draws of images to label and to ask.
 *
 * A strategy that needs answers begins with a batch by lot. Classes not met yet are answered wrongly, as in life.
 */
export const simulateLabelling = async (given: SimulateOptions): Promise<Replay[]> => {
  const { strategies, repeats, batch, most, random, onProgress } = given;
  const algebra = openAlgebra(given.threads);
  const options = { ...given, features: (await rotate(given.features, algebra)).features };
  const unit = transformed(options.features, new Float32Array(0), true);
  const budgets = Array.from({ length: Math.ceil(most / batch) }, (_, i) => Math.min(most, (i + 1) * batch));
  const found = new Map<string, number[][]>(strategies.map((name) => [name, []]));
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const own = random.fork(`repeat ${repeat}`);
      const draw = drawOf(options, own.fork("draw"));
      for (const [s, name] of strategies.entries()) {
        found.get(name)!.push(await replay(name, draw, options, { unit, random: own.fork(name), algebra }));
        onProgress?.(repeat * strategies.length + s + 1, repeats * strategies.length);
      }
    }
  } finally {
    await algebra.close();
  }
  const byLot = found.get("random")!;
  return strategies.map((strategy) => {
    const runs = found.get(strategy)!;
    return {
      strategy,
      points: budgets.map((labels, b) => ({ labels, accuracy: estimate(runs.map((run) => run[b]!)) })),
      saved: strategy === "random" ? null : estimate(runs.map((run, r) => savedBy(run, byLot[r]!, budgets))),
    };
  });
};

import { dataError, optionError } from "../base/errors.ts";
import { shuffled, type Random } from "../base/random.ts";
import { gamma } from "./mix/_shared.ts";

export interface EpisodeOptions {
  /** Classes of an episode, at least 2. */
  readonly ways: number;
  /** Images of each class to learn from, at least 1; a list of `ways` numbers gives each drawn class its own. */
  readonly shots: number | readonly number[];
  /** Images of each class that are asked, at least 1; with `balance` their mean. */
  readonly queries: number;
  /**
   * Asks classes unevenly, `ways` x `queries` images in all: shares drawn from a symmetric Dirichlet of this
   * concentration, > 0 (2 in Veilleux et al. 2021).
   */
  readonly balance?: { readonly dirichlet: number };
  /** Names of the classes, for messages. */
  readonly names?: readonly string[];
}

/** Rows of the data set, and their labels within the episode, 0 .. ways - 1. */
export interface Episode {
  readonly support: Int32Array;
  readonly queries: Int32Array;
  readonly supportLabels: Int32Array;
  readonly queryLabels: Int32Array;
  /** The class in the data set of each label, ascending. */
  readonly classes: Int32Array;
}

/** Rows of every class that has any, by class. */
const rowsByClass = (labels: Int32Array): Map<number, number[]> => {
  const rows = new Map<number, number[]>();
  labels.forEach((label, i) => {
    const own = rows.get(label);
    if (own) own.push(i);
    else rows.set(label, [i]);
  });
  return rows;
};

const largestOf = (shots: EpisodeOptions["shots"]): number => (typeof shots === "number" ? shots : Math.max(...shots));

const checkOptions = ({ ways, shots, queries, balance }: EpisodeOptions): void => {
  const whole = (name: string, value: number, least: number): void => {
    if (!Number.isInteger(value) || value < least)
      throw optionError(`${name}: wanted a whole number from ${least}, got ${value}`);
  };
  whole("ways", ways, 2);
  whole("queries", queries, 1);
  const own = typeof shots === "number" ? [shots] : shots;
  for (const each of own) whole("shots", each, 1);
  if (typeof shots !== "number" && shots.length !== ways)
    throw optionError(`shots: wanted one number for each of ${ways} ways, got ${shots.length}`);
  if (balance && !(balance.dirichlet > 0))
    throw optionError(`dirichlet: wanted a concentration above 0, got ${balance.dirichlet}`);
};

/**
 * Checks that every class can be drawn into an episode.
 *
 * @throws optionError for options out of range; dataError E_FEW_CLASSES; E_FEW_PHOTOS naming the smallest class
 */
export const checkEpisodes = (labels: Int32Array, options: EpisodeOptions): void => {
  checkOptions(options);
  const { ways, shots, queries, names } = options;
  const rows = rowsByClass(labels);
  if (rows.size < ways)
    throw dataError("E_FEW_CLASSES", `${ways} ways: wanted at least as many classes, got ${rows.size}`, {
      hint: rows.size < 2 ? "Add photos of other classes." : `Ask for at most ${rows.size} ways, or add classes.`,
    });
  const [label, own] = [...rows].sort(([a, x], [b, y]) => x.length - y.length || a - b)[0]!;
  const most = largestOf(shots);
  if (own.length >= most + queries) return;
  const named = names?.[label] === undefined ? `class ${label}` : `class "${names[label]}"`;
  const left = own.length - most;
  const fits = left > 0 ? `${most} shots and ${left} queries` : `${own.length - 1} shots and 1 query`;
  throw dataError("E_FEW_PHOTOS", `${named}: wanted ${most} shots + ${queries} queries, got ${own.length} images`, {
    hint:
      own.length < 2
        ? "Add images, or leave the class out: an episode needs two of a class."
        : `With ${own.length} images ${fits} would fit; else add images, or leave the class out.`,
  });
};

/**
 * Queries of each way: all alike, or by Dirichlet shares, each going to the way that is furthest below its share and
 * has images left.
 */
const queryCounts = (room: readonly number[], { queries, balance }: EpisodeOptions, random: Random): number[] => {
  if (!balance) return room.map(() => queries);
  const { dirichlet } = balance;
  // Gamma(a) = Gamma(a + 1) u^(1/a) below 1 (Marsaglia & Tsang 2000, section 6)
  const draws = room.map(() =>
    dirichlet >= 1
      ? gamma(dirichlet, random)
      : gamma(dirichlet + 1, random) * (1 - random.uniform()) ** (1 / dirichlet),
  );
  const sum = draws.reduce((a, b) => a + b);
  const total = queries * room.length;
  const counts = room.map(() => 0);
  for (let given = 0; given < total; given++) {
    let next = -1;
    let furthest = -Infinity;
    draws.forEach((draw, way) => {
      const short = (total * draw) / sum - counts[way]!;
      if (counts[way]! < room[way]! && short > furthest) [next, furthest] = [way, short];
    });
    counts[next]!++;
  }
  return counts;
};

/**
 * One episode drawn by lot: classes, then of each images to learn from and others that are asked.
 *
 * Unbalanced queries differ from the paper where a class has too few images for its share: the others make up for it.
 * @param labels  class of every row of the data set, 0 or more
 * @throws optionError; dataError E_FEW_CLASSES, E_FEW_PHOTOS (`checkEpisodes`)
 * @see Vinyals et al. 2016; Veilleux et al. 2021, Realistic evaluation of transductive few-shot learning. https://arxiv.org/abs/2204.11181
 */
export const sampleEpisode = (labels: Int32Array, options: EpisodeOptions, random: Random): Episode => {
  checkEpisodes(labels, options);
  const { ways, shots } = options;
  const rows = rowsByClass(labels);
  const known = [...rows.keys()].sort((a, b) => a - b);
  const classes = shuffled(known, random)
    .slice(0, ways)
    .sort((a, b) => a - b);
  const drawn = classes.map((label) => shuffled(rows.get(label)!, random));
  const learned = classes.map((_, way) => (typeof shots === "number" ? shots : shots[way]!));
  const asked = queryCounts(
    drawn.map((own, way) => own.length - learned[way]!),
    options,
    random,
  );
  const labelled = (counts: readonly number[]): Int32Array =>
    Int32Array.from(counts.flatMap((count, way) => Array.from({ length: count }, () => way)));
  return {
    support: Int32Array.from(drawn.flatMap((own, way) => own.slice(0, learned[way]!))),
    queries: Int32Array.from(drawn.flatMap((own, way) => own.slice(learned[way]!, learned[way]! + asked[way]!))),
    supportLabels: labelled(learned),
    queryLabels: labelled(asked),
    classes: Int32Array.from(classes),
  };
};

import { takeRows } from "../../base/matrix.ts";
import type { ActiveStrategy } from "../active-strategy.ts";
import { kMeans } from "../k-means.ts";
import { doubts, largest, marginDoubt } from "./_shared.ts";

/** How many times as many doubtful images as are wanted are clustered: the paper's β = 10. */
const CANDIDATES = 10;

/**
 * Uncertainty × diversity: the most doubtful images by the margin, clustered with their doubt as weight into as many
 * clusters as are wanted, and of each the image nearest to the centre; so that a batch does not ask the same ten times.
 *
 * @see Zhdanov 2019, algorithm 1 and section 3.3
 */
export const strategy: ActiveStrategy = {
  name: "uncertainty-diversity",
  paper: "Zhdanov 2019, Diverse mini-batch active learning. https://arxiv.org/abs/1901.05954",
  needs: "answers",
  pick: async ({ answers, features, count, random, algebra }) => {
    const doubt = doubts(answers[0]!, marginDoubt);
    const rows = largest(doubt, CANDIDATES * count);
    const weights = Float64Array.from(rows, (row) => Math.max(1e-6, doubt[row]!));
    const { of, squares } = await kMeans(takeRows(features, rows), { k: count, weights, random }, algebra);
    const first = new Map<number, number>();
    of.forEach((c, i) => {
      const best = first.get(c);
      if (best === undefined || squares[i]! < squares[best]!) first.set(c, i);
    });
    const picked = [...first.values()].sort((a, b) => a - b).map((i) => rows[i]!);
    const rest = [...rows].filter((row) => !picked.includes(row)); // where rows are the same, clusters are fewer
    return Int32Array.from([...picked, ...rest].slice(0, count));
  },
};

import { takeRows } from "../../base/matrix.ts";
import type { ActiveStrategy, ActiveTask } from "../active-strategy.ts";
import { kMeans } from "../k-means.ts";
import { nearestNeighbours } from "../neighbour-graph.ts";

/** Neighbours by which typicality is measured, and the most clusters: the paper's 20 and 500. */
const NEIGHBOURS = 20;
const MOST_CLUSTERS = 500;

/** The row with the smallest mean distance to its neighbours among these. */
const mostTypical = async ({ features, algebra }: ActiveTask, rows: readonly number[]): Promise<number> => {
  if (rows.length < 3) return rows[0]!;
  const { k, squares } = await nearestNeighbours(takeRows(features, rows), NEIGHBOURS, algebra);
  const spread = rows.map((_, i) => squares.subarray(i * k, (i + 1) * k).reduce((sum, s) => sum + Math.sqrt(s), 0));
  return rows[spread.indexOf(Math.min(...spread))]!;
};

/**
 * TypiClust: clusters as many as images will be labelled, and of each one without a labelled image, the largest first, the
 * most typical image. For a cold start: what is typical teaches more than what is doubtful while little is known.
 *
 * Differs from the paper: a cluster counts as labelled where some labelled image is as near to one of its rows as its rows
 * are to its centre, as labelled images are known by their nearness alone.
 * @see Hacohen et al. 2022, algorithm 1 and eq. 3
 */
export const strategy: ActiveStrategy = {
  name: "typiclust",
  paper: "Hacohen et al. 2022, Active learning on a budget. https://arxiv.org/abs/2202.02794",
  needs: "nothing",
  pick: async (task) => {
    const { features, nearness, labelled, count, random, algebra } = task;
    const k = Math.min(Math.max(count, Math.min(MOST_CLUSTERS, count + labelled)), features.rows);
    const { of, squares, centres } = await kMeans(features, { k, random }, algebra);
    const clusters = Array.from({ length: centres.rows }, (_, c) => {
      const rows = Array.from(of.keys()).filter((i) => of[i] === c);
      const radius = rows.reduce((sum, i) => sum + squares[i]!, 0) / Math.max(1, rows.length);
      const covered = rows.some((i) => 2 - 2 * nearness[i]! <= radius);
      return { rows, covered };
    });
    clusters.sort((a, b) => Number(a.covered) - Number(b.covered) || b.rows.length - a.rows.length);
    const picked = new Set<number>();
    while (picked.size < count)
      for (const { rows } of clusters) {
        const left = rows.filter((i) => !picked.has(i));
        if (left.length > 0 && picked.size < count) picked.add(await mostTypical(task, left));
      }
    return Int32Array.from(picked);
  },
};

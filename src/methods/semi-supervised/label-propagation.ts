import { matrix, type Matrix } from "../../base/matrix.ts";
import { solveSparse } from "../conjugate-gradient.ts";
import { degreesOf, graphOf, type SparseMatrix } from "../neighbour-graph.ts";
import { NO_LABELS } from "../pseudo-labels.ts";
import type { SemiSupervisedMethod } from "../semi-supervised-method.ts";
import { acceptShare, besides, checkSpread, type SpreadOptions } from "./_spread.ts";

export type LabelPropagationOptions = SpreadOptions & Readonly<Record<string, number>>;

/** Added to the diagonal, in parts of it: what rows that no label reaches are held to 0 by. */
const LEAK = 1e-6;

/**
 * What labels become by flowing along the edges, those of labelled rows held fast: F_u = (D_uu - W_uu)⁻¹ W_ul Y_l.
 *
 * @param labels  of the first rows of the graph, which are the labelled ones
 * @returns of the other rows, [size - labelled, ways]
 * @see Zhu & Ghahramani 2002, eq. 5
 */
export const harmonic = (graph: SparseMatrix, labels: Int32Array, ways: number): Matrix => {
  const first = labels.length;
  const rest = graph.size - first;
  if (rest === 0) return matrix(0, ways);
  const diagonal = degreesOf(graph)
    .subarray(first)
    .map((degree) => degree * (1 + LEAK));
  const { starts, columns, values } = graph;
  const apply = (x: Float64Array, to: Float64Array): void => {
    for (let i = 0; i < rest; i++) {
      let sum = diagonal[i]! * x[i]!;
      for (let at = starts[first + i]!; at < starts[first + i + 1]!; at++)
        if (columns[at]! >= first) sum -= values[at]! * x[columns[at]! - first]!;
      to[i] = sum;
    }
  };
  const flowing = Array.from({ length: ways }, () => new Float64Array(rest));
  for (let i = 0; i < rest; i++)
    for (let at = starts[first + i]!; at < starts[first + i + 1]!; at++)
      if (columns[at]! < first) flowing[labels[columns[at]!]!]![i]! += values[at]!;
  return besides(
    flowing.map((b) => solveSparse({ apply, diagonal }, b)),
    0,
  );
};

/**
 * Label propagation on the graph of nearest neighbours; then class mass normalisation.
 *
 * Differs from the paper: a sparse graph whose widths suit each row, and the surest rows become labels for a head, which
 * answers photos that are in no graph.
 */
export const method: SemiSupervisedMethod<LabelPropagationOptions> = {
  name: "label-propagation",
  paper: "Zhu and Ghahramani 2002, Learning from labeled and unlabeled data with label propagation, CMU-CALD-02-107",
  competes: true,
  defaults: { neighbours: 10, share: 0.8 },
  label: async (task, options) => {
    checkSpread(options);
    const { support, pool, algebra } = task;
    if (pool.rows === 0) return NO_LABELS;
    const graph = await graphOf({ labelled: support.features, pool, neighbours: options.neighbours }, algebra);
    return acceptShare(task, harmonic(graph, support.labels, support.ways), options.share);
  },
};

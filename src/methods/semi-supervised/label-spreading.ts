import { optionError } from "../../base/errors.ts";
import type { Matrix } from "../../base/matrix.ts";
import { solveSparse } from "../conjugate-gradient.ts";
import { degreesOf, graphOf, type SparseMatrix } from "../neighbour-graph.ts";
import { NO_LABELS } from "../pseudo-labels.ts";
import type { SemiSupervisedMethod } from "../semi-supervised-method.ts";
import { acceptShare, besides, checkSpread, type SpreadOptions } from "./_spread.ts";

export type LabelSpreadingOptions = SpreadOptions & {
  /** How much a row takes over from its neighbours rather than from its own label, in (0, 1). */
  readonly alpha: number;
} & Readonly<Record<string, number>>;

/**
 * F* = (I - α S)⁻¹ Y with S = D^-½ W D^-½.
 *
 * @param labels  of the first rows of the graph, which are the labelled ones
 * @returns of the other rows, [size - labelled, ways]
 * @see Zhou et al. 2004, section 2, and eq. 3 up to the factor 1 - α
 */
export const spread = (
  graph: SparseMatrix,
  { labels, ways, alpha }: { readonly labels: Int32Array; readonly ways: number; readonly alpha: number },
): Matrix => {
  const { size, starts, columns, values } = graph;
  const roots = degreesOf(graph).map((degree) => (degree > 0 ? 1 / Math.sqrt(degree) : 0));
  const apply = (x: Float64Array, to: Float64Array): void => {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) sum += values[at]! * roots[columns[at]!]! * x[columns[at]!]!;
      to[i] = x[i]! - alpha * roots[i]! * sum;
    }
  };
  const own = Array.from({ length: ways }, () => new Float64Array(size));
  labels.forEach((label, i) => (own[label]![i] = 1));
  const diagonal = new Float64Array(size).fill(1);
  return besides(
    own.map((b) => solveSparse({ apply, diagonal }, b)),
    labels.length,
  );
};

/**
 * Label spreading (learning with local and global consistency) on the graph of nearest neighbours; then class mass
 * normalisation.
 *
 * Differs from the paper: as in label propagation, the graph is sparse, and the surest rows become labels for a head.
 */
export const method: SemiSupervisedMethod<LabelSpreadingOptions> = {
  name: "label-spreading",
  paper: "Zhou et al. 2004, Learning with local and global consistency. https://papers.nips.cc/paper/2506",
  competes: false,
  defaults: { neighbours: 10, alpha: 0.9, share: 0.8 },
  label: async (task, options) => {
    checkSpread(options);
    const { alpha, neighbours, share } = options;
    if (!(alpha > 0 && alpha < 1)) throw optionError(`alpha: wanted a number between 0 and 1, got ${alpha}`);
    const { support, pool, algebra } = task;
    if (pool.rows === 0) return NO_LABELS;
    const graph = await graphOf({ labelled: support.features, pool, neighbours }, algebra);
    const { labels, ways } = support;
    return acceptShare(task, spread(graph, { labels, ways, alpha }), share);
  },
};

import type { Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Algebra } from "./algebra.ts";
import type { MethodOptions, Support } from "./method.ts";

/** Learns a head from labelled rows; it then answers others, [queries, dim], with calibrated probabilities, [queries, ways]. */
export type Learner = (support: Support) => Promise<(queries: Matrix) => Promise<Matrix>>;

/** What pseudo-labels are made from. */
export interface SemiSupervisedTask {
  readonly support: Support;
  /** Features of the unlabelled images, [pool, dim]. */
  readonly pool: Matrix;
  /** The head that is kept, then others that may vote. */
  readonly learners: readonly [Learner, ...Learner[]];
  readonly random: Random;
  readonly algebra: Algebra;
}

/** The unlabelled rows that were given a label; one entry each. */
export interface PseudoLabels {
  /** Rows of the pool, ascending. */
  readonly rows: Int32Array;
  readonly labels: Int32Array;
  /** The round, from 1, since which the row has had its label. */
  readonly rounds: Int32Array;
  /** How sure the method was when it gave the label, in [0, 1]. */
  readonly confidences: Float64Array;
}

/**
 * A semi-supervised method on features: it gives labels to unlabelled rows, from which a head then learns as well.
 *
 * `label` is pure. It may give labels to some rows or to none, and it never changes those of the support. The same rows
 * in another order get the same labels; where not all that are equally sure can have one, the first do.
 */
export interface SemiSupervisedMethod<O extends MethodOptions = MethodOptions> {
  /** The paper's name, the same in CLI and manifests. */
  readonly name: string;
  readonly paper: string;
  /** Whether it competes where a method is to be chosen; the others are tried when asked for by name. */
  readonly competes: boolean;
  readonly defaults: O;
  label(task: SemiSupervisedTask, options: O): Promise<PseudoLabels>;
}

import type { Matrix } from "../base/matrix.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { Algebra } from "./algebra.ts";

/** Labelled features. */
export interface Support {
  /** [images, dim], finite, any scale. */
  readonly features: Matrix;
  /** Class index of every row, 0 .. ways - 1; shots may be uneven, every class has at least one row. */
  readonly labels: Int32Array;
  readonly ways: number;
  /**
   * How much an image of each class counts, > 0, [ways]; absent: all alike. `balancedWeights` makes classes of unlike
   * size count alike. Methods that a class's size does not sway need not look.
   */
  readonly classWeights?: Float64Array;
  /**
   * Dimension of the space the features come from, where they were rotated into fewer columns that keep all inner
   * products; default `features.columns`. Only shrinkage asks for it.
   */
  readonly ambientDim?: number;
}

/** A method's options: plain values, as they stand in manifests. */
export type MethodOptions = Readonly<Record<string, number | string | boolean>>;

/**
 * A few-shot method on features: from labelled embeddings to scores.
 *
 * Scores are [queries, ways], higher is likelier, not normalised. `fit` and `predict` are pure; the state is plain
 * data (numbers, strings, matrices), to be saved, compared and asked twice. Every method is blind to the features' scale
 * and, unless it says so, to rotations of the feature space.
 */
export interface Method<S = unknown, O extends MethodOptions = MethodOptions> {
  /** The paper's name, the same in CLI, HTTP and manifests. */
  readonly name: string;
  readonly paper: string;
  /** Whether a query's scores depend on the other queries: such a method cannot be shipped, nor does it compete. */
  readonly transductive: boolean;
  /** Whether only the images nearest of all speak: a class is then gone only when its images are, not its column. */
  readonly ranksImages?: true;
  /** Whether turning the feature space changes the scores: the features then come as the backbone gave them. */
  readonly seesAxes?: true;
  readonly defaults: O;
  /** Options worth trying when the method competes in a selection, from simple to flexible; none: only when asked for. */
  readonly candidates: readonly O[];
  /** Place in the order from simple to flexible: of candidates about as good, the first is taken (docs/methods.md). */
  readonly complexity: number;
  /**
   * Whether learning is one pass that keeps a point a class. Otherwise a matrix [images, classes] is held to learn, or in
   * the model file to answer: gigabytes where both are very many.
   */
  readonly onePass: boolean;
  fit(support: Support, options: O, algebra: Algebra): Promise<S>;
  /** The same as `fit` on each subset of rows (every class in each), faster together. */
  fitSubsets?(support: Support, subsets: readonly Int32Array[], options: O, algebra: Algebra): Promise<S[]>;
  predict(state: S, queries: Matrix, algebra: Algebra): Promise<Matrix>;
  /**
   * Emits `predict` as ONNX operators: [n, dim] -> [n, ways].
   *
   * @throws E_TRANSDUCTIVE for a transductive method
   */
  graph(g: Graph, state: S, embedding: Value): Value;
}

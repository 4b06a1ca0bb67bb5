import type { Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Algebra } from "./algebra.ts";

/** What is known of unlabelled images when some of them are to be labelled. */
export interface ActiveTask {
  /** Calibrated, [pool, ways], by each of several heads; the first is the one in use. Empty: nothing is labelled yet. */
  readonly answers: readonly Matrix[];
  /** [pool, dim], of length 1 each. */
  readonly features: Matrix;
  /** Cosine to the most similar labelled image, [pool]; -1 where none is labelled. */
  readonly nearness: Float64Array;
  /** Images that are labelled. */
  readonly labelled: number;
  /** How many to pick, at most as many as there are. */
  readonly count: number;
  readonly random: Random;
  readonly algebra: Algebra;
}

/** A way of choosing what to label next. `pick` is pure: rows of the pool, most worth labelling first, none twice. */
export interface ActiveStrategy {
  /** The paper's name, the same in CLI and reports. */
  readonly name: string;
  readonly paper: string;
  /** Heads whose answers it needs: none, the one in use, or several that may disagree. */
  readonly needs: "nothing" | "answers" | "several";
  pick(task: ActiveTask): Promise<Int32Array>;
}

import { optionError } from "../../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import type { Method } from "../method.ts";
import { remember, softmaxRows, type Remembered } from "./_joint.ts";
import { rectify } from "./_rectify.ts";
import { classMeans, refuseGraph, squareOf, transformed } from "./_shared.ts";

export type LaplacianShotOptions = {
  /** Neighbours of each query among the others, a whole number from 1; 3 in the paper. */
  readonly neighbours: number;
  /** Weight of agreeing with neighbours, >= 0; 0.7 in the paper. */
  readonly lambda: number;
  /** Bound updates, a whole number from 0; 20 in the paper. */
  readonly steps: number;
  /** Class means, or class means rectified by the queries (section 3 of the paper, after BD-CSPN). */
  readonly prototypes: "rectified" | "mean";
};

const NOTHING = new Float32Array(0);

const check = ({ neighbours, lambda, steps, prototypes }: LaplacianShotOptions): void => {
  if (!Number.isInteger(neighbours) || neighbours < 1)
    throw optionError(`neighbours: wanted a whole number from 1, got ${neighbours}`);
  if (!(lambda >= 0)) throw optionError(`lambda: wanted a number from 0, got ${lambda}`);
  if (!Number.isInteger(steps) || steps < 0) throw optionError(`steps: wanted a whole number from 0, got ${steps}`);
  if (prototypes !== "rectified" && prototypes !== "mean")
    throw optionError(`prototypes: wanted rectified or mean, got "${String(prototypes)}"`);
};

/** Each row's nearest other rows by similarity; all that are as near as the last of them count too. */
const neighboursOf = (similarity: Matrix, k: number): number[][] =>
  Array.from({ length: similarity.rows }, (_, i) => {
    const row = rowOf(similarity, i).slice();
    row[i] = -Infinity;
    const least = row.toSorted()[row.length - Math.min(k, row.length - 1)] ?? Infinity;
    const near: number[] = [];
    for (let j = 0; j < row.length; j++) if (j !== i && row[j]! >= least) near.push(j);
    return near;
  });

/** -|z - m_c|² of every query, [queries, ways]. */
const nearness = async (queries: Matrix, points: Matrix, algebra: Algebra): Promise<Float64Array> => {
  const products = await algebra.multiply(queries, points, { b: true });
  const squares = (m: Matrix): number[] => Array.from({ length: m.rows }, (_, i) => squareOf(rowOf(m, i)));
  const [own, theirs] = [squares(queries), squares(points)];
  return Float64Array.from(
    products.data,
    (product, at) => 2 * product - own[Math.floor(at / points.rows)]! - theirs[at % points.rows]!,
  );
};

/** y_q <- softmax(-a_q + λ Σ over neighbours of y), as often as asked; gives the logits. */
const propagate = (unary: Float64Array, near: readonly number[][], { lambda, steps }: LaplacianShotOptions) => {
  const ways = unary.length / near.length;
  let logits = unary;
  for (let step = 0; step < steps; step++) {
    const shares = softmaxRows(logits, ways);
    logits = unary.slice();
    near.forEach((others, i) => {
      for (const other of others)
        for (let c = 0; c < ways; c++) logits[i * ways + c]! += lambda * shares[other * ways + c]!;
    });
  }
  return logits;
};

/**
 * LaplacianShot: nearness to prototypes, regularised so that queries near each other get like answers.
 *
 * score_qc = -|z_q - m_c|² + λ Σ over q's neighbours p of y_pc, y = softmax(score), iterated; z scaled to length 1.
 * Transductive. Differs from the paper: z is not centred by the mean of base classes, as there are none.
 * @see Ziko et al. 2020, eq. 8-12. https://arxiv.org/abs/2006.15486
 */
export const method: Method<Remembered<LaplacianShotOptions>, LaplacianShotOptions> = {
  name: "laplacian-shot",
  paper: "Ziko et al. 2020, Laplacian regularized few-shot learning. https://arxiv.org/abs/2006.15486",
  transductive: true,
  defaults: { neighbours: 3, lambda: 0.7, steps: 20, prototypes: "rectified" },
  candidates: [],
  complexity: 21,
  onePass: false,
  fit: remember(check),
  predict: async ({ features, labels, ways, options }, asked, algebra) => {
    const unit = { features: transformed(features, NOTHING, true), labels, ways };
    const alike = transformed(asked, NOTHING, true);
    const { points, queries } =
      options.prototypes === "rectified"
        ? await rectify(unit, alike, algebra)
        : { points: classMeans(unit.features, labels, ways), queries: alike };
    const near = neighboursOf(await algebra.multiply(alike, alike, { b: true }), options.neighbours);
    return matrix(
      asked.rows,
      ways,
      Float32Array.from(propagate(await nearness(queries, points, algebra), near, options)),
    );
  },
  graph: refuseGraph("laplacian-shot"),
};

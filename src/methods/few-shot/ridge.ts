import { optionError } from "../../base/errors.ts";
import { matrix, release, rowOf, type Matrix } from "../../base/matrix.ts";
import type { Method } from "../method.ts";
import { solveScatterSystems } from "../scatter-systems.ts";
import { emitLinear, predictLinear, type LinearHead } from "./_shared.ts";
import {
  allRows,
  checkNormalise,
  columnsOf,
  headFrom,
  inFewColumns,
  sumSubsets,
  type Normalise,
  type SubsetSums,
} from "./_subsets.ts";

export type RidgeOptions = {
  /** Penalty over the mean squared distance of features from their mean, > 0: blind to the features' scale. */
  readonly lambda: number;
  readonly normalise: Normalise;
};

/** Xᵀ D C Y of every subset side by side: per class, d_c n_c (m_c - m). */
const targets = ({ classMeans, masses, means }: SubsetSums): Matrix => {
  const ways = classMeans[0]!.rows;
  const out = matrix(classMeans[0]!.columns, classMeans.length * ways);
  classMeans.forEach((points, j) => {
    for (let c = 0; c < ways; c++) {
      const point = rowOf(points, c);
      for (let i = 0; i < point.length; i++)
        out.data[i * out.columns + j * ways + c] = masses[j]![c]! * (point[i]! - means[j]![i]!);
    }
  });
  return out;
};

const fitSubsets = inFewColumns<RidgeOptions>(async (support, subsets, { lambda, normalise }, algebra) => {
  if (!(lambda > 0)) throw optionError(`lambda: wanted a number above 0, got ${lambda}`);
  checkNormalise(normalise);
  const sums = await sumSubsets(support, { subsets, normalise }, algebra);
  const { centred, frames, spreads, masses, totals, means, importance } = sums;
  const wide = await solveScatterSystems(
    {
      features: centred,
      frames,
      strata: new Int32Array(centred.rows),
      importance,
      shifts: spreads.map((spread) => lambda * spread),
      rightSides: targets(sums),
    },
    algebra,
  );
  release(centred);
  return subsets.map((_, j) => {
    const weights = columnsOf(wide, j, support.ways);
    const bias = masses[j]!.map((mass) => mass / totals[j]!);
    for (let i = 0; i < weights.rows; i++)
      for (let c = 0; c < support.ways; c++) bias[c]! -= means[j]![i]! * weights.data[i * support.ways + c]!;
    return headFrom(sums, { j, normalise }, { weights, bias });
  });
});

/**
 * Ridge regression of class indicators, in closed form: the head of R2D2.
 *
 * W = (Zᵀ C Z + λ s I)⁻¹ Zᵀ C Y, C centring rows and s the mean squared distance of the features from their mean;
 * score = (z - z̄) W + ȳ, the intercept not penalised; z is x, or x normalised as SimpleShot does. With weights for the
 * classes it is weighted least squares: every sum and mean counts an image by its class's weight.
 * Differs from the paper: λ is not learned, features may be normalised, and the scale and bias of the scores are left
 * to calibration.
 * @see Bertinetto et al. 2019, eq. 4-6. https://arxiv.org/abs/1805.08136
 */
export const method: Method<LinearHead, RidgeOptions> = {
  name: "ridge",
  paper:
    "Bertinetto et al. 2019, Meta-learning with differentiable closed-form solvers. https://arxiv.org/abs/1805.08136",
  transductive: false,
  defaults: { lambda: 0.1, normalise: "cl2n" },
  candidates: [0.3, 0.1, 0.03].map((lambda) => ({ lambda, normalise: "cl2n" })),
  complexity: 3,
  onePass: false,
  fit: async (support, options, algebra) => (await fitSubsets(support, [allRows(support)], options, algebra))[0]!,
  fitSubsets,
  predict: predictLinear,
  graph: emitLinear,
};

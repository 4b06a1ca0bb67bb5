import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { div } from "../ops/div.ts";
import { equal } from "../ops/equal.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { relu } from "../ops/relu.ts";

/**
 * Joins the channels of a map to one: how much each cell speaks for the class.
 *
 * All rules give a density, as for a map of one cell, so that maps of different sizes can be added.
 * @param map  activations A, [1, c, h, w]
 * @param gradient  of the class's score by them, of the same shape
 * @returns [1, 1, h, w], before the ReLU
 */
export type Cam = (g: Graph, map: Value, gradient: Value) => Value;

const overCells = { axes: [2, 3] } as const;

const weighted = (g: Graph, map: Value, weights: Value): Value => reduceSum(g, mul(g, map, weights), { axes: [1] });

/**
 * Grad-CAM: the sum over channels k of α_k A^k, with α_k the mean gradient of the channel.
 *
 * @see Selvaraju et al. 2017, eq. 1 and 2. https://arxiv.org/abs/1610.02391
 */
export const gradCam: Cam = (g, map, gradient) => {
  const [, , height, width] = shapeOf(map);
  return mul(g, weighted(g, map, reduceMean(g, gradient, overCells)), height! * width!);
};

/**
 * HiResCAM: the sum over channels of gradient times activation, cell by cell.
 *
 * Of a network that pools its map linearly it is the exact share of each cell in the score; and where the gradient
 * differs from cell to cell (heads that read quarters of the map, or its deviation) it keeps what a mean would lose.
 * @see Draelos & Carin 2020, eq. 2. https://arxiv.org/abs/2011.08891
 */
export const hiResCam: Cam = (g, map, gradient) => {
  const [, , height, width] = shapeOf(map);
  return mul(g, weighted(g, map, gradient), height! * width!);
};

/**
 * Grad-CAM++: channel weights w_k = sum over cells of α_ij relu(dY/dA_ij), where with Y = e^S
 * α_ij = g² / (2 g² + g³ sum_ab A_ab), g = dS/dA_ij.
 *
 * @see Chattopadhay et al. 2018, eq. 9, 19 and 20. https://arxiv.org/abs/1710.11063
 */
export const gradCamPlusPlus: Cam = (g, map, gradient) => {
  const square = mul(g, gradient, gradient);
  const below = add(g, mul(g, square, 2), mul(g, mul(g, square, gradient), reduceSum(g, map, overCells)));
  const isZero = cast(g, equal(g, below, 0), "float32");
  const alpha = div(g, square, add(g, below, isZero));
  return weighted(g, map, reduceSum(g, mul(g, alpha, relu(g, gradient)), overCells));
};

/** The rules by their names on the command line; the first is taken unless another is asked for. */
export const cams = { "hires-cam": hiResCam, "grad-cam": gradCam, "grad-cam++": gradCamPlusPlus } as const;

export type CamName = keyof typeof cams;

import type { Graph, Value } from "../graph/graph.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { div } from "../ops/div.ts";
import { greater } from "../ops/greater.ts";
import { max } from "../ops/max.ts";
import { mul } from "../ops/mul.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { sqrt } from "../ops/sqrt.ts";
import { sub } from "../ops/sub.ts";
import { transpose } from "../ops/transpose.ts";

/** Keeps a volume of one level from being divided by zero. */
const TINY = 1e-6;

/**
 * Levels of volumes, uint8 [n, d, h, w, 1], as a 3-D network takes them: float32 [n, 1, d, h, w], the voxels above black
 * with mean 0 and variance 1 in every volume.
 *
 * Differs from MedicalNet: black voxels become 0, the mean, where its training filled them with noise.
 * @see Chen et al. 2019, section 3.1. https://arxiv.org/abs/1904.00625
 */
export const normaliseVolume = (g: Graph, levels: Value): Value => {
  const over = { axes: [2, 3, 4], keepdims: 1 } as const;
  const x = mul(g, cast(g, transpose(g, levels, [0, 4, 1, 2, 3]), "float32"), 1 / 255);
  const inside = cast(g, greater(g, x, g.constant(0, "black")), "float32");
  const count = max(g, reduceSum(g, inside, over), 1);
  const centred = mul(g, sub(g, x, div(g, reduceSum(g, x, over), count)), inside);
  const variance = div(g, reduceSum(g, mul(g, centred, centred), over), count);
  return div(g, centred, sqrt(g, add(g, variance, TINY)));
};

import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { div } from "../../ops/div.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/reshape.ts";
import { swapLastTwo } from "../../ops/transpose.ts";

/**
 * How much the channels of a map go together, wherever they do: G = F Fᵀ / places, its texture without its layout.
 *
 * Differs from the paper: a mean over places where it has a sum, so that pictures of other sizes compare.
 * @param map  [n, channels, h, w]
 * @returns [n, channels, channels]
 * @see Gatys et al. 2016, eq. 3. https://doi.org/10.1109/CVPR.2016.265
 */
export const gramMatrix = (g: Graph, map: Value): Value => {
  const [n, channels, ...places] = shapeOf(map);
  const count = places.reduce((a, b) => a * b, 1);
  const rows = reshape(g, map, [n!, channels!, count]);
  return div(g, matmul(g, rows, swapLastTwo(g, rows)), count);
};

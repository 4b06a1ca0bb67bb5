import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { slice } from "../../ops/slice.ts";
import { sub } from "../../ops/sub.ts";

/**
 * How rough each picture is: mean squared difference of neighbours below one another plus that of neighbours side by
 * side.
 *
 * @param x  [n, h, w, channels]
 * @returns [n]
 * @see Mahendran and Vedaldi 2015, eq. 4 with β = 2. https://arxiv.org/abs/1412.0035
 */
export const totalVariation = (g: Graph, x: Value): Value => {
  const along = (axis: number): Value => {
    const size = shapeOf(x)[axis]!;
    const part = (from: number): Value => slice(g, x, { starts: [from], ends: [from + size - 1], axes: [axis] });
    const difference = sub(g, part(1), part(0));
    return reduceMean(g, mul(g, difference, difference), { axes: [1, 2, 3], keepdims: 0 });
  };
  return add(g, along(1), along(2));
};

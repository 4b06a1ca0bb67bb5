import { tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { matmul } from "./matmul.ts";
import { mul } from "./mul.ts";
import { pow } from "./pow.ts";
import { reshape } from "./reshape.ts";
import { sub } from "./sub.ts";
import { transpose } from "./transpose.ts";

interface Settings {
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
  readonly size: number;
}
type LrnAttributes = AttributesOf<Settings>;

/** Which channels are summed for which: [channels, channels] of 0 and 1. */
const band = (g: Graph, channels: number, size: number): Value => {
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const numbers = Array.from({ length: channels * channels }, (_, flat) => {
    const offset = (flat % channels) - Math.floor(flat / channels);
    return offset >= -before && offset <= after ? 1 : 0;
  });
  return g.constant(tensorOf("float32", [channels, channels], numbers), "band");
};

export const op: Op<LrnAttributes> = {
  type: "LRN",
  attributes: { alpha: "float", beta: "float", bias: "float", size: "int" },
  infer: sameShape,
  // y = x s^-beta,  s = bias + alpha/size B x²   =>   dx = dy s^-beta - (2 alpha beta / size) x Bᵀ(dy x s^(-beta-1))
  vjp: (g, { inputs: [x], attributes: { alpha = 1e-4, beta = 0.75, bias = 1, size = 1 } }, [dy]) => {
    const [n, c] = shapeOf(x!);
    const sums = band(g, c!, size);
    const rows = [n!, c!, -1];
    const [flat, d] = [reshape(g, x!, rows), reshape(g, dy!, rows)];
    const s = add(g, mul(g, matmul(g, sums, mul(g, flat, flat)), alpha / size), bias);
    const power = pow(g, s, -beta);
    const spread = matmul(g, transpose(g, sums), mul(g, mul(g, d, flat), mul(g, power, pow(g, s, -1))));
    const dx = sub(g, mul(g, d, power), mul(g, mul(g, flat, spread), (2 * alpha * beta) / size));
    return [reshape(g, dx, shapeOf(x!))];
  },
};

/** Local response normalisation across `size` (odd) neighbouring channels. Krizhevsky et al. 2012, section 3.3. */
export const lrn = (g: Graph, x: Value, size: number, options: Omit<Partial<Settings>, "size"> = {}): Value =>
  g.apply(op, [x], { size, ...options });

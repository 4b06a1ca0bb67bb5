import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import type { AttributesOf } from "./_shared.ts";
import { reshape } from "./reshape.ts";
import { transpose } from "./transpose.ts";

type Order = "DCR" | "CRD";

export const op: Op<AttributesOf<{ blocksize: number; mode: string }>> = {
  type: "DepthToSpace",
  attributes: { blocksize: "int", mode: "string" },
  infer: ({ inputs: [x], attributes: { blocksize: b = 1 } }) => {
    const [n, c, h, w] = shapeOf(x!);
    if (shapeOf(x!).length !== 4 || c! % (b * b) !== 0)
      throw shapeError("DepthToSpace", `[n, ${b * b} c, h, w]`, `[${shapeOf(x!)}]`);
    return [[n!, c! / (b * b), h! * b, w! * b]];
  },
  vjp: (g, { attributes: { blocksize = 1, mode = "DCR" } }, [dy]) => [
    mode === "DCR" ? spaceToDepth(g, dy!, blocksize) : channelsFirst(g, dy!, blocksize),
  ],
};

/** SpaceToDepth, the adjoint of DepthToSpace in its mode DCR. */
export const adjoint: Op<AttributesOf<{ blocksize: number }>> = {
  type: "SpaceToDepth",
  attributes: { blocksize: "int" },
  infer: ({ inputs: [x], attributes: { blocksize: b = 1 } }) => {
    const [n, c, h, w] = shapeOf(x!);
    if (shapeOf(x!).length !== 4 || h! % b !== 0 || w! % b !== 0)
      throw shapeError("SpaceToDepth", `[n, c, ${b} h, ${b} w]`, `[${shapeOf(x!)}]`);
    return [[n!, c! * b * b, h! / b, w! / b]];
  },
  vjp: (g, { attributes: { blocksize = 1 } }, [dy]) => [depthToSpace(g, dy!, blocksize)],
};

/** SpaceToDepth with the block's place as the inner part of the channel: the adjoint of mode CRD. */
const channelsFirst = (g: Graph, x: Value, b: number): Value => {
  const [n, c, h, w] = shapeOf(x);
  const blocks = reshape(g, x, [n!, c!, h! / b, b, w! / b, b]);
  return reshape(g, transpose(g, blocks, [0, 1, 3, 5, 2, 4]), [n!, c! * b * b, h! / b, w! / b]);
};

/** Channels laid out as blocks of b x b pixels: [n, b² c, h, w] -> [n, c, b h, b w]. "CRD" is sub-pixel convolution. */
export const depthToSpace = (g: Graph, x: Value, blocksize: number, mode: Order = "DCR"): Value =>
  g.apply(op, [x], { blocksize, mode });

/** Blocks of b x b pixels stacked as channels: [n, c, b h, b w] -> [n, b² c, h, w]. */
export const spaceToDepth = (g: Graph, x: Value, blocksize: number): Value => g.apply(adjoint, [x], { blocksize });

import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { batchNormalizationTraining, normalisedGradients } from "./batch-normalization.ts";
import { expand } from "./expand.ts";
import { reduceSum } from "./reduce-sum.ts";
import { reshape } from "./reshape.ts";

export const op: Op<AttributesOf<{ epsilon: number }>> = {
  type: "InstanceNormalization",
  attributes: { epsilon: "float" },
  infer: sameShape,
  // batch normalisation of one image that has the channels of all images
  vjp: (g, { inputs: [x, scale, bias], attributes: { epsilon = 1e-5 } }, [dy]) => {
    const [n, c, ...places] = shapeOf(x!);
    const wide = [1, n! * c!, ...places];
    const spread = (v: Value): Value => reshape(g, expand(g, v, [n!, c!]), [n! * c!]);
    const norm = { scale: spread(scale!), bias: spread(bias!), epsilon };
    const image = reshape(g, x!, wide);
    const moments = batchNormalizationTraining(g, image, norm);
    const flows = { ...norm, ...moments, dy: reshape(g, dy!, wide) };
    const [dx, dscale, dbias] = normalisedGradients(g, image, flows);
    const gathered = (v: Value): Value => reduceSum(g, reshape(g, v, [n!, c!]), { axes: [0], keepdims: 0 });
    return [reshape(g, dx, shapeOf(x!)), gathered(dscale), gathered(dbias)];
  },
};

interface InstanceNorm {
  /** Both [channels]. */
  readonly scale: Value;
  readonly bias: Value;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/** Each channel of each image with mean 0 and variance 1, then scaled and shifted. Ulyanov et al. 2016. */
export const instanceNormalization = (g: Graph, x: Value, { scale, bias, epsilon = 1e-5 }: InstanceNorm): Value =>
  g.apply(op, [x, scale, bias], { epsilon });

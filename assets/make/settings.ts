import { sizes } from "./encoder.ts";

/** What stands in `handful-mini.json`: the fields of any backbone's settings, and where the weights come from. */
export const settings = (made: { dim: number; sha256: string; seed: string; sizeBytes: number }) => ({
  name: "handful-mini",
  domain: "natural",
  size: sizes.input,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  channels: "RGB",
  layout: "nchw",
  input: "input",
  features: "features",
  featureMap: "feature_map",
  logits: null,
  dim: made.dim,
  resize: "shorter side to size, bilinear, centre crop",
  licence: "Apache-2.0",
  sha256: made.sha256,
  sizeBytes: made.sizeBytes,
  provenance: {
    trainedBy: "the Handful project",
    method:
      "no gradient training: ZCA-whitened 6x6 patch dictionary by gain-shape k-means (Coates & Ng 2011), soft threshold, pooling, square root, then shrunk linear discriminants and whitened principal components in closed form",
    data: "CIFAR-FS training classes (64 classes of CIFAR-100, Krizhevsky 2009; split of Bertinetto et al. 2019)",
    recipe: "assets/make/make-handful-mini.ts",
    seed: made.seed,
    foreignWeights: false,
  },
});

import { imageNet, type BackboneEntry } from "./_shared.ts";

/** torchvision's network, ImageNet-1k. */
export const backbone: BackboneEntry = {
  name: "efficientnet-b4",
  domain: "natural",
  paper: "Tan & Le 2019, EfficientNet. https://arxiv.org/abs/1905.11946",
  weights: {
    repo: "Kalray/efficientnet-b4",
    revision: "00745d08407c4779353a9b30519c3ca460b37a4d",
    path: "efficientNet-b4.onnx",
    sha256: "e3bac1e58651fa2e04aa7f183cfa408dd5ce67f54d17c2d07d20e83b7ddc4faa",
    sizeBytes: 77_264_007,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(380, 384),
  features: null,
  dim: 1792,
};

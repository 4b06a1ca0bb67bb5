import { imageNet, type BackboneEntry } from "./_shared.ts";

/** torchvision's network, ImageNet-1k. */
export const backbone: BackboneEntry = {
  name: "efficientnet-b0",
  domain: "natural",
  paper: "Tan & Le 2019, EfficientNet. https://arxiv.org/abs/1905.11946",
  weights: {
    repo: "Kalray/efficientnet-b0",
    revision: "c7cdbbfc4eda1e43e3577a583135c1af05a80081",
    path: "efficientNet-b0.onnx",
    sha256: "0fb1e040635c36fb710abd6c07ff5448654a16eeeaf5a75134f83021e1c33a7c",
    sizeBytes: 21_144_194,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: null,
  dim: 1280,
};

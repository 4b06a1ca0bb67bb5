import { imageNet, type BackboneEntry } from "./_shared.ts";

/** Export of microsoft/resnet-18, ImageNet-1k. */
export const backbone: BackboneEntry = {
  name: "resnet-18",
  domain: "natural",
  paper: "He et al. 2016, Deep Residual Learning. https://arxiv.org/abs/1512.03385",
  weights: {
    repo: "Xenova/resnet-18",
    revision: "6e70fa1eb2370c15569e723188a0b568963bf3b3",
    path: "onnx/model.onnx",
    sha256: "bafc17f0b4c629754795a49a015ff50b29f9f3329769f204a16db3c2bd869af0",
    sizeBytes: null,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: null,
  dim: 512,
};

import { imageNet, type BackboneEntry } from "./_shared.ts";

/** Network (v1) of the ONNX Model Zoo, ImageNet-1k. */
export const backbone: BackboneEntry = {
  name: "resnet-50",
  domain: "natural",
  paper: "He et al. 2016, Deep Residual Learning. https://arxiv.org/abs/1512.03385",
  weights: {
    repo: "onnxmodelzoo/resnet50-v1-12",
    revision: "1f95315d8bd3b3ca2ceabe54d274e0cdf5a83bbe",
    path: "resnet50-v1-12.onnx",
    sha256: "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526",
    sizeBytes: 102_576_593,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: null,
  dim: 2048,
};

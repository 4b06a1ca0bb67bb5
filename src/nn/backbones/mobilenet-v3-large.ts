import { imageNet, type BackboneEntry } from "./_shared.ts";

/** torchvision's network, ImageNet-1k; features are the 1280 hidden units before the last layer. */
export const backbone: BackboneEntry = {
  name: "mobilenet-v3-large",
  domain: "natural",
  paper: "Howard et al. 2019, Searching for MobileNetV3. https://arxiv.org/abs/1905.02244",
  weights: {
    repo: "Kalray/mobilenet-v3-large",
    revision: "fffac31287745ffaa3fcc38a2742e8cb7f3ba151",
    path: "mobilenetv3-large.onnx",
    sha256: "6d54d05c76e656abb0c4cb6fe3180d9be199f90919bb82d542e0cf985dbfc5f4",
    sizeBytes: 21_927_468,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: null,
  dim: 1280,
};

import { imageNet, type BackboneEntry } from "./_shared.ts";

/** Network of the ONNX Model Zoo, ImageNet-1k. */
export const backbone: BackboneEntry = {
  name: "mobilenet-v2",
  domain: "natural",
  paper: "Sandler et al. 2018, MobileNetV2. https://arxiv.org/abs/1801.04381",
  weights: {
    repo: "onnxmodelzoo/mobilenetv2-12",
    revision: "23a2a25eaaa6fcd61865414c8a1acf13dda66b7a",
    path: "mobilenetv2-12.onnx",
    sha256: "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5",
    sizeBytes: 13_964_571,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: null,
  dim: 1280,
};

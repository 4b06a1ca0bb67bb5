import { imageNet, type BackboneEntry } from "./_shared.ts";

/** timm's network (mobilenetv3_small_100.lamb_in1k), ImageNet-1k; features are the 1024 hidden units before the last layer. */
export const backbone: BackboneEntry = {
  name: "mobilenet-v3-small",
  domain: "natural",
  paper: "Howard et al. 2019, Searching for MobileNetV3. https://arxiv.org/abs/1905.02244",
  weights: {
    repo: "onnx-community/mobilenetv3_small_100.lamb_in1k",
    revision: "4569847969d3038b642f3385c9e515272e90dde2",
    path: "onnx/model.onnx",
    sha256: "d36eea8c3298d339c232581dff18beed6651eacd607d0a531b7bdb100f8dc713",
    sizeBytes: null,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: null,
  dim: 1024,
};

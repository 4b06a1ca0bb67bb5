import { imageNet, type BackboneEntry } from "./_shared.ts";

/** Export of facebook/dinov2-small, learned from 142 million pictures without labels; the class token is taken. */
export const backbone: BackboneEntry = {
  name: "dinov2-small",
  domain: "natural",
  paper: "Oquab et al. 2023, DINOv2. https://arxiv.org/abs/2304.07193",
  weights: {
    repo: "Xenova/dinov2-small",
    revision: "560a572cedd01ab59cf1a614c2d9673397b65ef2",
    path: "onnx/model.onnx",
    sha256: "83141175ec78b4ff9a2bb58a4c7c264ba0054d1c2e122e5a8114b79a8d4179ea",
    sizeBytes: 88_459_888,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: "last_hidden_state",
  dim: 384,
};

import { imageNet, type BackboneEntry } from "./_shared.ts";

/** The architecture of PatchCore (Roth et al. 2022, arXiv 2106.08265), timm's weights; learned from ImageNet-1k, not from industrial pictures. */
export const backbone: BackboneEntry = {
  name: "wide-resnet-50",
  domain: "industrial",
  paper: "Zagoruyko & Komodakis 2016, Wide Residual Networks. https://arxiv.org/abs/1605.07146",
  weights: {
    repo: "deepghs/timms",
    revision: "511a2dd6eedfffbb0b2f2f6d9bda1cbb63367103",
    path: "wide_resnet50_2.racm_in1k/model.onnx",
    sha256: null,
    sizeBytes: null,
    licence: "Apache-2.0",
  },
  preprocess: imageNet(224, 256),
  features: "embedding",
  dim: 2048,
};

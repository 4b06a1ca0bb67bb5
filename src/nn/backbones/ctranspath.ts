import { imageNet, type BackboneEntry } from "./_shared.ts";

/** Learned from histology tiles (TCGA, PAIP) without labels: for microscope slides, no help on X-rays or MRI. */
export const backbone: BackboneEntry = {
  name: "ctranspath",
  domain: "medical",
  paper: "Wang et al. 2022, CTransPath, Medical Image Analysis 81. https://doi.org/10.1016/j.media.2022.102559",
  weights: {
    repo: "kaczmarj/CTransPath",
    revision: "d426c122c59cf1db044745ceebdf775064020a89",
    path: "model.onnx",
    sha256: "1db3c0f65f4256133f2d81fe2d1a410c465626cd303b71ee46028da6bf9f118f",
    sizeBytes: null,
    licence: "GPL-3.0",
  },
  preprocess: imageNet(224, 224),
  features: null,
  dim: 768,
};

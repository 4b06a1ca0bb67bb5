import type { Domain } from "./_shared.ts";

/** Which backbone to take for a kind of pictures, and on what evidence. */
export interface Recommendation {
  /** Its name in the catalogue. */
  readonly name: string;
  readonly why: string;
}

const recommendations: Readonly<Record<Domain, Recommendation>> = {
  natural: {
    name: "dinov2-small",
    why: "frozen features that suit a linear head on many kinds of pictures (Oquab et al. 2023)",
  },
  medical: {
    name: "dinov2-small",
    why: "general features hold their own on X-ray, CT and MRI (Baharoon et al. 2023, arXiv 2312.02366); for histology slides take ctranspath (GPL-3.0)",
  },
  industrial: {
    name: "dinov2-small",
    why: "strong features for defects from few pictures (Damm et al. 2024, arXiv 2405.14529); no open ONNX network learned from industrial pictures is known",
  },
};

/** The backbone recommended for a domain. */
export const recommendBackbone = (domain: Domain): Recommendation => recommendations[domain];

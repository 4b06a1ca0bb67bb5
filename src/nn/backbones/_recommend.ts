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
    why: "88 MB, frozen features that suit a linear head on many kinds of pictures (Oquab et al. 2023, arXiv 2304.07193)",
  },
  medical: {
    name: "dinov2-small",
    why: "learned from natural pictures, yet holds its own on X-ray, CT and MRI (Baharoon et al. 2023, arXiv 2312.02366); for histology slides, and nothing else, --backbone ctranspath is the medical one (licence GPL-3.0)",
  },
  industrial: {
    name: "wide-resnet-50",
    why: "about 275 MB, the network of PatchCore on defects of parts and surfaces (Roth et al. 2022, arXiv 2106.08265), learned from natural pictures as no open one from industrial pictures is known; dinov2-small is smaller and does well too (Damm et al. 2024, arXiv 2405.14529)",
  },
};

/** The backbone recommended for a domain. */
export const recommendBackbone = (domain: Domain): Recommendation => recommendations[domain];

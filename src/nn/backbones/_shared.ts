import type { Preprocess } from "../../base/preprocess.ts";

/** What kind of pictures a backbone was trained on, or proved itself on. */
export type Domain = "natural" | "medical" | "industrial";

/** A frozen network of the catalogue: where its weights are, and how it wants its pictures. */
export interface BackboneEntry {
  readonly name: string;
  readonly domain: Domain;
  /** Authors, title or name, year and address of the paper. */
  readonly paper: string;
  readonly weights: {
    /** Repository on the hub, full commit hash, and path of the ONNX file in it. */
    readonly repo: string;
    readonly revision: string;
    readonly path: string;
    /** null: not known beforehand; the hash the hub states is what the download is checked against. */
    readonly sha256: string | null;
    readonly sizeBytes: number | null;
    /** SPDX identifier, as the repository states it. */
    readonly licence: string;
  };
  readonly preprocess: Preprocess;
  /** Name of the value to take as features; null: found in the graph. */
  readonly features: string | null;
  /** Length of a feature vector. */
  readonly dim: number;
}

/** Shorter side to `resizeTo`, centre crop to `size`, normalised with ImageNet's mean and deviation (torchvision, timm). */
export const imageNet = (size: number, resizeTo: number): Preprocess => ({
  height: size,
  width: size,
  fit: "crop",
  resizeTo,
  background: [255, 255, 255],
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channels: "RGB",
});

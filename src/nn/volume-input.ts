import type { Preprocess } from "../base/preprocess.ts";
import type { Graph, Value } from "../graph/graph.ts";

/** The input of a network that takes volumes. */
export interface VolumeInput {
  readonly value: Value;
  readonly layout: "ncdhw";
  /** Declared sizes; null where open. */
  readonly batch: number | null;
  readonly depth: number | null;
  readonly height: number | null;
  readonly width: number | null;
}

/** The volume input of a network: its only input, float32 [n, 1, d, h, w]; null for any other signature. */
export const volumeInput = (graph: Graph): VolumeInput | null => {
  const [value, ...others] = graph.inputs;
  const dims = value?.dims;
  if (!value || others.length > 0 || value.dtype !== "float32" || dims?.length !== 5) return null;
  const channels = dims[1]!;
  if (typeof channels === "number" && channels !== 1) return null;
  const [batch, , depth, height, width] = dims.map((dim) => (typeof dim === "number" ? dim : null));
  return { value, layout: "ncdhw", batch: batch!, depth: depth!, height: height!, width: width! };
};

/** Settings of a network that takes volumes: sides that it fixes are its own, the others a cube's of the stated size. */
export const volumeSettings = (settings: Preprocess, { depth, height, width }: VolumeInput): Preprocess => ({
  ...settings,
  depth: depth ?? settings.depth ?? settings.height,
  height: height ?? settings.height,
  width: width ?? settings.width,
  fit: "squash",
});

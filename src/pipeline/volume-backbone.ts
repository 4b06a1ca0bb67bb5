import { createHash } from "node:crypto";
import { createRandom } from "../base/random.ts";
import { Graph } from "../graph/graph.ts";
import { createScope } from "../nn/layers/scope.ts";
import { resnet10In3d } from "../nn/networks/resnet-10-3d.ts";
import { exportModel } from "../onnx/export.ts";
import { preprocessByHand, type PreprocessOverrides } from "./backbone-settings.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";

/** Channels of the first stage: a sixteenth of the published weights, for what a person's own volumes can teach. */
export const SCRATCH_WIDTH = 16;
/** Side of the input where none is stated, in voxels. */
const SIDE = 32;

/** The network with random weights, float32 [n, 1, side, side, side] -> features [n, 8 SCRATCH_WIDTH]. */
const networkBytes = (side: number): Uint8Array => {
  const g = new Graph("resnet-10-3d");
  const volume = g.input("volume", "float32", [1, 1, side, side, side]);
  const scope = createScope(g, {
    phase: "inference",
    random: createRandom("resnet-10-3d"),
    stand: ({ name, tensor }) => g.constant(tensor, name),
  });
  const features = resnet10In3d(scope, volume, { width: SCRATCH_WIDTH });
  volume.dims = ["n", 1, side, side, side];
  g.output(features, "features", ["n", 8 * SCRATCH_WIDTH]);
  return exportModel(g);
};

/**
 * What volumes are seen by where no backbone is named: a 3-D ResNet-10 with random weights, always the same. Its
 * features are what a network trained on the volumes has to beat, and what tells strange volumes.
 */
export const randomVolumeBackbone = (overrides: PreprocessOverrides = {}): ResolvedBackbone => {
  const name = "resnet-10-3d";
  const size = overrides.size ?? SIDE;
  const bytes = networkBytes(size);
  return {
    name,
    path: name,
    bytes,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    preprocess: { ...preprocessByHand({ ...overrides, size }, name), depth: size, background: [0, 0, 0] },
    licence: null,
    source: "random",
    features: null,
    describe: `${name} for volumes of ${size} x ${size} x ${size}, with random weights: it is trained here from scratch; a pretrained one is better: --backbone path/to/medicalnet.onnx`,
  };
};

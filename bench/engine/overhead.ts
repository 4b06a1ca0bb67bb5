/**
 * What does a fine-tuning step cost outside ONNX Runtime? Whole steps (batch put together from kept activations, state
 * swapped, loss checked) against bare runs of the same graph on tensors that are ready, in turn.
 *
 * node bench/engine/overhead.ts [backbone.onnx] [blocks] [image size]
 */
import { readFileSync } from "node:fs";
import { createRandom } from "../../src/base/random.ts";
import { floats, sizeOf } from "../../src/graph/dtype.ts";
import { valueNamed } from "../../src/graph/cut.ts";
import { shapeOf } from "../../src/graph/graph.ts";
import { specialise } from "../../src/graph/specialise.ts";
import { findBlocks } from "../../src/nn/blocks.ts";
import { findFeatures } from "../../src/nn/find-features.ts";
import { importModel } from "../../src/onnx/import.ts";
import { openGraph } from "../../src/runtime/graph-session.ts";
import { activationSource } from "../../src/train/activations.ts";
import { buildForward, TARGETS } from "../../src/train/forward.ts";
import { adamw } from "../../src/train/optimisers/adamw.ts";
import { openStepper } from "../../src/train/step.ts";
import {
  blankLike,
  buildTrainingGraph,
  LOSSES,
  nextName,
  NORM,
  rateName,
  STEP,
} from "../../src/train/training-graph.ts";
import { best, race } from "./race.ts";

const [network = "../shared/weights/mobilenet_v2_1.0_224.onnx", blocks = "6", side = "224"] = process.argv.slice(2);
const [BATCH, WAYS, PHOTOS] = [16, 10, 64];
const { graph } = importModel(readFileSync(network));
const feature = findFeatures(graph).value;
graph.outputs.splice(0, Infinity, feature);
const [image] = graph.inputs;
const sizes = [3, Number(side), Number(side)];
const concrete = specialise(graph, { [image!.name]: [1, ...sizes] });
const trained = findBlocks(graph, image!, feature).slice(-Number(blocks));
const start = trained[0]!.from;
const shape = [1, ...shapeOf(valueNamed(concrete, start.name)).slice(1)];
const dim = shapeOf(valueNamed(concrete, feature.name))[1]!;
const random = createRandom("overhead");
const normals = (...dims: number[]) =>
  floats(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => random.normal()),
  );
const forward = () =>
  buildForward(graph, {
    start,
    batch: BATCH,
    shape,
    blocks: trained,
    head: { weights: normals(dim, WAYS), bias: normals(WAYS) },
    smoothing: 0.1,
  });

const photo = normals(1, ...sizes);
const pixels = {
  rows: async (indices: readonly number[]) => {
    const data = new Float32Array(indices.length * photo.data.length);
    indices.forEach((_, i) => data.set(photo.data as Float32Array, i * photo.data.length));
    return floats([indices.length, ...sizes], data);
  },
  close: async () => {},
};
const options = { shape, batch: BATCH, count: PHOTOS, cacheBytes: 2 ** 30, threads: 2 };
const source = await activationSource(graph, start, { pixels, options });
const targets = floats(
  [BATCH, WAYS],
  Float32Array.from({ length: BATCH * WAYS }, (_, i) => (i % WAYS === 0 ? 1 : 0)),
);
const stepper = await openStepper(forward(), { optimiser: adamw(), threads: 2 });
const rates = Object.fromEntries(stepper.groups.map((group) => [group, 1e-5]));
const drawn = (): number[] => Array.from({ length: BATCH }, () => random.integer(PHOTOS));

const bareForward = forward();
const { graph: training, state, groups } = buildTrainingGraph(bareForward, { optimiser: adamw() });
const session = await openGraph(training, { threads: 2 });
const first = drawn();
const feeds = {
  ...state,
  [bareForward.input]: await source.rows(
    first,
    first.map(() => 0),
  ),
  [TARGETS]: targets,
  [STEP]: floats([], [1]),
  ...Object.fromEntries(groups.map((group) => [rateName(group), floats([], [1e-5])])),
};
const results = {
  ...Object.fromEntries(Object.entries(state).map(([name, tensor]) => [nextName(name), blankLike(tensor)])),
  [LOSSES]: floats([BATCH], new Float32Array(BATCH)),
  [NORM]: floats([], [0]),
};
const bare = {
  name: "bare run",
  run: async () => {
    await session.runInto(feeds, results);
    return Number(results[NORM]!.data[0]);
  },
  close: () => session.close(),
};
const whole = {
  name: "whole step",
  run: async () => {
    const rows = drawn();
    const input = await source.rows(
      rows,
      rows.map(() => 0),
    );
    const names = rows.map(String);
    return (await stepper.run({ feeds: { [bareForward.input]: input, [TARGETS]: targets }, names }, rates)).loss;
  },
  close: async () => {
    await stepper.close();
    await source.close();
  },
};
const [ours, floor] = await race([whole, bare], 15);
console.log(
  `last ${blocks} blocks: whole step ${best(ours!).toFixed(1)} ms, bare run ${best(floor!).toFixed(1)} ms: ${((best(ours!) / best(floor!) - 1) * 100).toFixed(1)} % outside the runtime (wanted at most 5)`,
);

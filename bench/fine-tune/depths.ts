/**
 * What does fine-tuning give? Accuracy on photos not drawn, by how much of the network learns: the head alone, the last
 * blocks, everything; each trained exactly as `train --fine-tune` does, on the same draws.
 *
 * node bench/fine-tune/depths.ts [photos] [backbone.onnx] [shots] [seeds] [epochs] [blocks,…,all]
 */
import { resolve } from "node:path";
import { argmax, rowOf } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { openBackbone } from "../../src/pipeline/backbone.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { tuneRows } from "../../src/pipeline/tune-rows.ts";
import { fineTuneDefaults, openFineTuner, type Depth } from "../../src/train/fine-tune.ts";
import { divide, readGallery } from "./photos.ts";

const [
  photos = "sign-digits",
  network = "../shared/weights/mobilenet_v1_0.5_160.onnx",
  shots = "20",
  seeds = "5",
  epochs = "20",
  depths = "head,6,all",
] = process.argv.slice(2);

const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
await backbone.close();
const gallery = await readGallery(photos, backbone.preprocess);
const { embedder, domains } = backbone.graph({ taps: false });
const tuner = await openFineTuner(embedder, gallery.photos, { domains, cacheBytes: 2 ** 32 });
const features = await tuner.features();
const labels = gallery.labels;
const known = {
  labels,
  groups: Int32Array.from(labels.keys()),
  keys: Array.from(labels, (_, i) => gallery.photos.name(i)),
  ways: gallery.classes.length,
  features,
};

const depthOf = (text: string): Depth => (text === "head" || text === "all" ? text : { last: Number(text) });
const found = new Map<string, number[]>();
for (let seed = 0; seed < Number(seeds); seed++) {
  const { train, test } = divide(gallery, Number(shots), createRandom(`draw ${seed}`));
  const line: string[] = [];
  for (const text of depths.split(",")) {
    const start = performance.now();
    const tuned = await tuneRows(tuner, {
      ...known,
      rows: train,
      settings: { ...fineTuneDefaults, depth: depthOf(text), epochs: Number(epochs) },
      random: createRandom(`tuning ${seed}`),
    });
    const scores = await tuner.score(tuned, test);
    const right = test.filter((row, i) => argmax(rowOf(scores, i)) === labels[row]).length;
    found.set(text, [...(found.get(text) ?? []), (100 * right) / test.length]);
    line.push(
      `${text} ${((100 * right) / test.length).toFixed(1)} (${tuned.history.length} epochs, ${((performance.now() - start) / 1000).toFixed(0)} s)`,
    );
  }
  console.log(`draw ${seed}: ${line.join(" | ")}, tested on ${test.length}`);
}
await tuner.close();
const meanOf = (values: readonly number[]): string => {
  const { low, high } = meanInterval(values);
  return `${((low + high) / 2).toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`;
};
for (const [text, values] of found) {
  const gains = values.map((v, i) => v - found.get(depths.split(",")[0]!)![i]!);
  console.log(
    `${photos} ${backbone.resolved.name} ${shots} a class, ${text}: ${meanOf(values)}; gain ${meanOf(gains)}`,
  );
}

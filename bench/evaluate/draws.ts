/**
 * How accurate from 10 photos a class, and does the promised interval hold? Draws photos by lot, evaluates and fits the
 * head exactly as `train` does, and scores it on all the photos not drawn.
 *
 * node bench/evaluate/draws.ts [photos] [backbone.onnx] [per class] [draws] [head or auto]
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argmax, rowOf, takeRows } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { labelIndices } from "../../src/data/dataset.ts";
import { groupItems } from "../../src/data/duplicates.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { evaluateHeads } from "../../src/evaluate/evaluate-heads.ts";
import { meanInterval, wilson } from "../../src/evaluate/intervals.ts";
import { openBackbone } from "../../src/pipeline/backbone.ts";
import { embedDataset } from "../../src/pipeline/embed.ts";
import { openFeatureCache } from "../../src/pipeline/feature-cache.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";

const [
  photos = "../shared/data/neu-steel",
  network = "../shared/weights/mobilenet_v2_1.0_224.onnx",
  perClass = "10",
  draws = "10",
  head = "auto",
] = process.argv.slice(2);

const dataset = await scanDataset(resolve(photos));
const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
const folder = process.env.HANDFUL_CACHE ?? mkdtempSync(join(tmpdir(), "handful-draws-"));
const cache = await openFeatureCache(join(folder, "features"), backbone.key, backbone.dim);
const { features, indices, audit } = await embedDataset(dataset, { backbone, cache });
await backbone.close();
const all = labelIndices(dataset);
const labels = Int32Array.from(indices, (item) => all[item]!);
const rowOfItem = new Map(indices.map((item, row) => [item, row]));
const pairs = [
  ...audit.nearDuplicates,
  ...audit.exactDuplicates.flatMap((group) => group.slice(1).map((b) => ({ a: group[0]!, b }))),
].map(({ a, b }) => ({ a: rowOfItem.get(a)!, b: rowOfItem.get(b)! }));

const drawRows = (seed: number): number[] => {
  const random = createRandom(`draw ${seed}`);
  const order = shuffled(
    Array.from(indices, (_, row) => row),
    random,
  );
  return dataset.classes.flatMap((_, c) => order.filter((row) => labels[row] === c).slice(0, Number(perClass)));
};

const truths: number[] = [];
let held = 0;
let judged = 0;
let width = 0;
const start = performance.now();
for (let draw = 0; draw < Number(draws); draw++) {
  const rows = drawRows(draw);
  const drawn = new Map(rows.map((row, i) => [row, i]));
  const within = pairs.flatMap(({ a, b }) => {
    const [x, y] = [drawn.get(a), drawn.get(b)];
    return x === undefined || y === undefined ? [] : [{ a: x, b: y }];
  });
  const result = await evaluateHeads({
    features: takeRows(features, rows),
    labels: Int32Array.from(rows, (row) => labels[row]!),
    groups: groupItems({ count: rows.length, pairs: within }),
    classes: dataset.classes,
    heads: head === "auto" ? undefined : [head],
    random: createRandom(draw),
  });
  const rest = indices.map((_, row) => row).filter((row) => !drawn.has(row));
  const { probabilities } = await result.predict(takeRows(features, rest));
  const right = rest.filter((row, i) => argmax(rowOf(probabilities, i)) === labels[row]).length;
  const truth = right / rest.length;
  truths.push(truth);
  const { accuracy } = result.evidence; // null from one photo a class, of which nothing can be held out
  if (accuracy?.interval) {
    const { interval } = accuracy;
    judged++;
    width += interval.high - interval.low;
    if (interval.low <= truth && truth <= interval.high) held++;
  }
  const promised = accuracy?.interval
    ? `${(accuracy.value * 100).toFixed(1)} (${(accuracy.interval.low * 100).toFixed(1)}-${(accuracy.interval.high * 100).toFixed(1)})`
    : "nothing";
  console.log(
    `draw ${draw}: promised ${promised}, ` +
      `true ${(truth * 100).toFixed(2)} on ${rest.length}, head ${result.evidence.selection.method}, held ${held} of ${judged}`,
  );
}
const n = truths.length;
const mean = meanInterval(truths);
const coverage = wilson(held, judged);
const honesty =
  judged === 0
    ? "no interval was promised"
    : `the 95 % interval held in ${held} of ${judged} (${(coverage.low * 100).toFixed(1)}-${(coverage.high * 100).toFixed(1)} %), mean width ${((width / judged) * 100).toFixed(1)} points`;
console.log(
  `${photos}, ${perClass} a class, ${n} draws, head ${head}: accuracy ${(((mean.low + mean.high) / 2) * 100).toFixed(2)} (${(mean.low * 100).toFixed(2)}-${(mean.high * 100).toFixed(2)}); ` +
    `${honesty}; ${((performance.now() - start) / 1000 / n).toFixed(1)} s a draw`,
);

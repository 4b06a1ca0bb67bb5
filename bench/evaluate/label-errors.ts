/**
 * Are wrong labels found? A tenth of the labels is changed by lot; how many of the suspects are wrong, and how many of the
 * wrong ones are suspects.
 *
 * node bench/evaluate/label-errors.ts <photos> <backbone.onnx> [draws] [share changed]
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { labelIndices } from "../../src/data/dataset.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { evaluateHeads } from "../../src/evaluate/evaluate-heads.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { openBackbone } from "../../src/pipeline/backbone.ts";
import { embedDataset } from "../../src/pipeline/embed.ts";
import { openFeatureCache } from "../../src/pipeline/feature-cache.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { labelSuspects } from "../../src/report/label-suspects.ts";

const [photos = "", network = "", draws = "3", share = "0.1"] = process.argv.slice(2);
const dataset = await scanDataset(resolve(photos));
const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
const folder = process.env.HANDFUL_CACHE ?? mkdtempSync(join(tmpdir(), "handful-draws-"));
const cache = await openFeatureCache(join(folder, "features"), backbone.key, backbone.dim);
const { features, indices } = await embedDataset(dataset, { backbone, cache });
await backbone.close();
const all = labelIndices(dataset);
const truth = Int32Array.from(indices, (item) => all[item]!);
const ways = dataset.classes.length;
const found: { precision: number; recall: number }[] = [];

for (let draw = 0; draw < Number(draws); draw++) {
  const random = createRandom(`errors ${draw}`);
  const wrong = new Set(shuffled([...truth.keys()], random).slice(0, Math.round(Number(share) * truth.length)));
  const labels = truth.map((label, row) => (wrong.has(row) ? (label + 1 + random.integer(ways - 1)) % ways : label));
  const { evidence } = await evaluateHeads({
    features,
    labels,
    groups: Int32Array.from(labels.keys()),
    classes: dataset.classes,
    random: createRandom(draw),
  });
  const suspects = labelSuspects(evidence.outOfFold!, ways);
  const right = suspects.filter(({ row }) => wrong.has(row)).length;
  found.push({ precision: right / suspects.length, recall: right / wrong.size });
  console.log(`draw ${draw}: ${suspects.length} suspects, ${right} of ${wrong.size} wrong labels among them`);
}
for (const key of ["precision", "recall"] as const) {
  const { low, high } = meanInterval(found.map((one) => one[key]));
  console.log(`${key}: ${((low + high) / 2).toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}), ${draws} draws`);
}

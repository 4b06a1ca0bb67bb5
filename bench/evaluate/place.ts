/**
 * What does alignment (CORAL) give where the place of use has other light and another camera? Learns from a few photos
 * a class, and asks about others of the same set that were changed: darker, paler, blurred, strongly compressed. Half of
 * the changed ones are aligned with, unlabelled; the other half is asked about.
 *
 * node bench/evaluate/place.ts [photos] [backbone.onnx] [per class] [draws] [changed photos a class]
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argmax, rowOf, takeRows, type Matrix } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { labelIndices } from "../../src/data/dataset.ts";
import { decodeImage, readItem } from "../../src/data/image.ts";
import { applyDraws, type PolicyDraw } from "../../src/data/policy.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { encodePng } from "../../src/data/synthetic.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { coral } from "../../src/methods/coral.ts";
import { fewShotMethods } from "../../src/methods/few-shot/index.ts";
import { openBackbone } from "../../src/pipeline/backbone.ts";
import { embedDataset } from "../../src/pipeline/embed.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";

const [
  photos = "../shared/data/flowers12",
  network = "../shared/weights/mobilenet_v2_1.0_224.onnx",
  perClass = "10",
  draws = "5",
  changed = "20",
] = process.argv.slice(2);
const CHANGE: PolicyDraw = [
  { augmentation: "brightness", draw: { factor: 0.55 } },
  { augmentation: "saturation", draw: { factor: 0.5 } },
  { augmentation: "hue", draw: { degrees: 12 } },
  { augmentation: "blur", draw: { sigma: 1.5 } },
  { augmentation: "jpeg-artefacts", draw: { quality: 40 } },
];
const SHRINKAGES = [0, 1, 10];
const heads = ["logistic-regression", "ridge", "lda", "nearest-class-mean"].map((name) =>
  fewShotMethods.find((method) => method.name === name)!,
);

const dataset = await scanDataset(resolve(photos));
const labels = labelIndices(dataset);
const ways = dataset.classes.length;
const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
const algebra = openAlgebra();

/** Features of some photos, saved anew, changed or as they are; in their order. */
const embed = async (items: readonly number[], change: PolicyDraw): Promise<Matrix> => {
  const folder = await mkdtemp(join(tmpdir(), "handful-place-"));
  for (const [i, item] of items.entries()) {
    const pixels = await decodeImage((await readItem(dataset.items[item]!)).bytes);
    const name = `${String(i).padStart(6, "0")}.png`;
    await writeFile(join(folder, name), await encodePng(await applyDraws(pixels, change)));
  }
  const { features } = await embedDataset(await scanDataset(folder), { backbone, cache: null });
  await rm(folder, { recursive: true });
  return features;
};

const accuracies = new Map<string, number[]>();
for (let draw = 0; draw < Number(draws); draw++) {
  const order = shuffled([...labels.keys()], createRandom(`draw ${draw}`));
  const ofClass = (from: number, to: number): number[] =>
    dataset.classes.flatMap((_, c) => order.filter((item) => labels[item] === c).slice(from, to));
  const learned = ofClass(0, Number(perClass));
  const there = ofClass(Number(perClass), Number(perClass) + Number(changed));
  const [features, place] = [await embed(learned, []), await embed(there, CHANGE)];
  const half = (parity: number): number[] => there.flatMap((_, i) => (i % 2 === parity ? [i] : []));
  const [unlabelled, queries] = [takeRows(place, half(0)), takeRows(place, half(1))];
  for (const shrinkage of SHRINKAGES) {
    const aligned = shrinkage === 0 ? features : await coral(features, unlabelled, { shrinkage }, algebra);
    const support = { features: aligned, labels: Int32Array.from(learned, (item) => labels[item]!), ways };
    for (const head of heads) {
      const scores = await head.predict(await head.fit(support, head.defaults, algebra), queries, algebra);
      const right = half(1).filter((i, at) => argmax(rowOf(scores, at)) === labels[there[i]!]).length;
      const key = `${head.name}, ${shrinkage === 0 ? "as they are" : `shrinkage ${shrinkage}`}`;
      accuracies.set(key, [...(accuracies.get(key) ?? []), right / queries.rows]);
    }
  }
}
await backbone.close();
await algebra.close();
for (const [key, values] of [...accuracies].sort()) {
  const { low, high } = meanInterval(values);
  console.log(
    `${key}: ${(50 * (low + high)).toFixed(1)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)}) of ${draws} draws`,
  );
}

/**
 * What does each part of quantising bring? Noise of the embedding (squared error over spread between pictures) and of the
 * probabilities on pictures not calibrated on, with min-max ranges: with and without bias correction and equalisation.
 *
 * node bench/artifact/parts.ts <run folder> <photos> [pictures]
 */
import { resolve } from "node:path";
import { readModelFile } from "../../src/artifact/load.ts";
import { metadataFromProps } from "../../src/artifact/metadata.ts";
import { calibrate } from "../../src/artifact/quantise/calibrate.ts";
import { equalise } from "../../src/artifact/quantise/equalise.ts";
import { noiseOf, type Answers } from "../../src/artifact/quantise/noise.ts";
import { observe, runPictures, type Pictures } from "../../src/artifact/quantise/observe.ts";
import { pointsOf } from "../../src/artifact/quantise/points.ts";
import { quantiseGraph } from "../../src/artifact/quantise/quantise-graph.ts";
import { inputShape } from "../../src/base/preprocess.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { prefix, valueNamed } from "../../src/graph/cut.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { importModel } from "../../src/onnx/import.ts";
import { modelPath } from "../../src/pipeline/open-model.ts";
import { photosOf } from "../../src/pipeline/photos-of.ts";

const [run = "runs/latest", photos = "photos", pictures = "24"] = process.argv.slice(2);
const bytes = await readModelFile(await modelPath(resolve(run)));
const { graph, metadata } = importModel(bytes);
const { preprocess } = metadataFromProps(metadata);
const dataset = await scanDataset(resolve(photos));
const count = Number(pictures);
const step = Math.floor(dataset.items.length / (2 * count));
const items = Array.from({ length: 2 * count }, (_, i) => i * step);
const source = photosOf({ dataset, items, preprocess });
const pixels = await Promise.all(items.map((_, i) => source.pixels(i, 0)));
const half = (k: number): Pictures => ({ shape: inputShape(preprocess), pixels: pixels.filter((_, i) => i % 2 === k) });
const [seen, unseen] = [half(0), half(1)];

const answers = async (g: Graph): Promise<Answers> => {
  const found = { embeddings: [] as Float32Array[], probabilities: [] as Float32Array[] };
  const part = prefix(
    g,
    ["embedding", "probabilities"].map((name) => valueNamed(g, name)),
  );
  await runPictures(part, unseen, ({ embedding, probabilities }) => {
    found.embeddings.push(embedding!.data as Float32Array);
    found.probabilities.push(probabilities!.data as Float32Array);
  });
  return found;
};

const wanted = await answers(graph);
const measure = async (name: string, g: Graph): Promise<void> => {
  const values = [...pointsOf(g, new Set()).values].map((v) => v.name);
  const observed = [...(await observe(g, values, seen))];
  const ranges = new Map(observed.map(([value, { histogram }]) => [value, calibrate(histogram, "min-max")]));
  const means = new Map(observed.map(([value, own]) => [value, own.means]));
  for (const [how, known] of [
    ["biases corrected", means],
    ["biases as they were", new Map<string, Float64Array>()],
  ] as const) {
    const noise = noiseOf(wanted, await answers(quantiseGraph(g, new Set(), { ranges, means: known })));
    console.log(`${name}, ${how}: ${noise.embedding.toFixed(4)} of the embedding, ${noise.probabilities.toFixed(4)}`);
  }
  if (name !== "as it is") return;
  const equal = prefix(g, g.outputs);
  const peaks = new Map(observed.map(([value, own]) => [value, own.peaks]));
  if (equalise(equal, peaks) > 0) await measure("equalised", equal);
};
await measure("as it is", graph);

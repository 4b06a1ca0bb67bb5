/**
 * Do maps show what a class is known by? Photos whose class is told by a planted patch alone: how often the map peaks
 * in the patch, and how much of its mass lies there; and how like the map stays when weights are shuffled.
 *
 * node bench/explain/cues.ts [photos a class to ask] [methods, with commas] [backbones, with commas]
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadModel, type Model } from "../../src/artifact/load.ts";
import { preprocessImage } from "../../src/data/preprocess.ts";
import { cams } from "../../src/explain/cam.ts";
import { massInside, peaksIn, type HeatMap } from "../../src/explain/heat-map.ts";
import { openExplainer } from "../../src/explain/open-explainer.ts";
import { importModel } from "../../src/onnx/import.ts";
import { explainMethods, explainWith, type ExplainMethod } from "../../src/pipeline/explain.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { train } from "../../src/pipeline/train.ts";
import { plantPhotos, type Planted } from "../../test/fixtures/planted-photos.ts";
import { randomiseTop, rankCorrelation } from "../../test/fixtures/randomise-weights.ts";

const [
  ask = "25",
  methods = explainMethods.join(","),
  backbones = "mobilenet_v2_1.0_224,mobilenet_v2_0.35_224,squeezenet_v1.1_227",
] = process.argv.slice(2);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const measure = async (bytes: Uint8Array, model: Model, { asked }: Planted, method: ExplainMethod): Promise<void> => {
  const explaining = await explainWith(bytes, model, { method });
  const [peaks, masses]: [number[], number[]] = [[], []];
  const start = performance.now();
  for (const { path, label, box } of asked) {
    const { map } = await explaining.explain(await readFile(path), label);
    peaks.push(peaksIn(map, box) ? 1 : 0);
    masses.push(massInside(map, box));
  }
  const each = (performance.now() - start) / asked.length;
  await explaining.close();
  const half = mean(masses.map((mass) => (mass > 0.5 ? 1 : 0)));
  console.log(
    `  ${method.padEnd(11)} peak in the patch ${mean(peaks).toFixed(3)}  mass in it ${mean(masses).toFixed(3)}  more than half ${half.toFixed(3)}  ${each.toFixed(0)} ms a photo`,
  );
};

/** Mean rank correlation of maps with those of the same network, the top layers of which are shuffled. */
const cascade = async (
  bytes: Uint8Array,
  model: Model,
  { asked }: Planted,
  method: keyof typeof cams,
): Promise<void> => {
  const layers = randomiseTop(importModel(bytes).graph, 0);
  const maps = async (shuffledLayers: number): Promise<HeatMap[]> => {
    const { graph, domains } = importModel(bytes);
    randomiseTop(graph, shuffledLayers);
    const explainer = await openExplainer(graph, { cam: cams[method], domains });
    const out: HeatMap[] = [];
    for (const { path, label } of asked.slice(0, 24)) {
      const pixels = await preprocessImage(await readFile(path), model.preprocess);
      out.push(await explainer.explain(pixels, model.metadata.labels.indexOf(label)));
    }
    await explainer.close();
    return out;
  };
  const whole = await maps(0);
  const steps = [1, Math.ceil(layers / 8), Math.ceil(layers / 2), layers];
  const said: string[] = [];
  for (const step of steps) {
    const other = await maps(step);
    said.push(`${step}: ${mean(whole.map((map, i) => rankCorrelation(map.data, other[i]!.data))).toFixed(2)}`);
  }
  console.log(
    `  ${method.padEnd(11)} rank correlation after shuffling the top layers (of ${layers})  ${said.join("  ")}`,
  );
};

for (const set of ["flowers12", "neu-steel"])
  for (const backbone of backbones.split(",")) {
    const out = await mkdtemp(join(tmpdir(), "handful-cues-"));
    const planted = await plantPhotos(resolve(`../shared/data/${set}`), out, { learn: 30, ask: Number(ask) });
    await train({
      photos: planted.photos,
      out,
      backbone: await resolveBackbone({ name: resolve(`../shared/weights/${backbone}.onnx`), env: {} }),
      head: "auto",
      seed: 0,
      cacheDir: null,
      keepConflicts: false,
      strict: false,
      now: new Date(0),
      version: "bench",
      commandLine: "bench",
    });
    const bytes = await readFile(join(out, "model.onnx"));
    const model = await loadModel(bytes);
    const { width, height } = planted.asked[0]!.box;
    console.log(
      `${set}, ${backbone}: ${planted.asked.length} photos, patch ${(width * height * 100).toFixed(1)} % of the photo`,
    );
    for (const method of methods.split(",") as ExplainMethod[]) await measure(bytes, model, planted, method);
    for (const method of Object.keys(cams) as (keyof typeof cams)[])
      if (methods.split(",").includes(method)) await cascade(bytes, model, planted, method);
    await model.close();
    await rm(out, { recursive: true, force: true });
  }

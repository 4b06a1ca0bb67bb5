/**
 * Does embedding keep the runtime busy? Images a second of `embedDataset` (read, hash, audit, decode, resize, embed)
 * against a bare ONNX Runtime loop with its default settings over float tensors that are ready, alternately in one run.
 *
 * node bench/embedding.ts [photos] [backbone.onnx] [rounds] [images]
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { scanDataset } from "../src/data/scan.ts";
import { openBackbone } from "../src/pipeline/backbone.ts";
import { embedDataset } from "../src/pipeline/embed.ts";
import { resolveBackbone } from "../src/pipeline/resolve-backbone.ts";
import { openSession } from "../src/runtime/node.ts";

const BATCH = 16;
const [
  photos = "../shared/data/neu-steel",
  network = "../shared/weights/mobilenet_v2_1.0_224.onnx",
  rounds = "5",
  images = "400",
] = process.argv.slice(2);
const all = await scanDataset(resolve(photos));
const dataset = { ...all, items: all.items.slice(0, Number(images)) };
const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
const session = await openSession(readFileSync(network));

const { height, width } = backbone.preprocess;
const ready = Float32Array.from({ length: BATCH * 3 * height * width }, (_, i) => Math.sin(i));
const bare = async (): Promise<number> => {
  const start = performance.now();
  let done = 0;
  for (; done < dataset.items.length; done += BATCH)
    await session.run({ input: { dtype: "float32", shape: [BATCH, 3, height, width], data: ready } }, ["features"]);
  return (done / (performance.now() - start)) * 1000;
};
const whole = async (): Promise<number> => {
  const start = performance.now();
  const { indices } = await embedDataset(dataset, { backbone, cache: null });
  return (indices.length / (performance.now() - start)) * 1000;
};

await bare();
await whole();
const ratios: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  const [loop, embedding] = [await bare(), await whole()];
  ratios.push(embedding / loop);
  console.log(
    `bare loop ${loop.toFixed(0)} img/s, embedding ${embedding.toFixed(0)} img/s, ratio ${ratios.at(-1)!.toFixed(3)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(`median ratio ${ratios[Math.floor(ratios.length / 2)]!.toFixed(3)} (wanted: at least 0.9)`);
await backbone.close();
await session.close();

/**
 * Does augmenting hold training back? Pictures a second of fine-tuning a whole network, on varied pictures (the basic
 * policy, new ones every epoch, made in a thread of their own) against pictures as they are, alternately in one run.
 *
 * node bench/augment/overlap.ts [photos] [backbone.onnx] [rounds] [pictures]
 */
import { resolve } from "node:path";
import { createRandom } from "../../src/base/random.ts";
import { policyNamed } from "../../src/data/check-policy.ts";
import { openBackbone } from "../../src/pipeline/backbone.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { fineTuneDefaults, openFineTuner } from "../../src/train/fine-tune.ts";
import { varyPhotos } from "../../src/train/varied-photos.ts";
import { divide, readGallery } from "../fine-tune/photos.ts";

const [photos = "flowers12", network = "../shared/weights/mobilenet_v2_1.0_224.onnx", rounds = "5", pictures = "48"] =
  process.argv.slice(2);

const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
await backbone.close();
const { embedder, domains } = backbone.graph({ taps: false });
const gallery = await readGallery(photos, backbone.preprocess);
const ways = gallery.classes.length;
const { train } = divide(gallery, Math.ceil(Number(pictures) / ways), createRandom("pictures"));
const keys = Array.from({ length: gallery.photos.count }, (_, i) => String(i));
const head = { depth: "all", epochs: 2 } as const;

/** Pictures a second of the second epoch: the first one warms up. */
const speedWith = async (name: string): Promise<number> => {
  const policy = policyNamed(name);
  const varied = varyPhotos(gallery.photos, policy, { ...backbone.preprocess, seed: "1", keys });
  const tuner = await openFineTuner(embedder, varied, { domains });
  const ends: number[] = [];
  await tuner.tune({
    rows: train,
    labels: gallery.labels,
    ways,
    settings: { ...fineTuneDefaults, ...head, policy, views: policy.steps.length === 0 ? 1 : "fresh" },
    random: createRandom(1),
    onEpoch: () => ends.push(performance.now()),
  });
  await tuner.close();
  await varied.close();
  return (1000 * train.length) / (ends[1]! - ends[0]!);
};

const ratios: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  const [plain, varied] = [await speedWith("none"), await speedWith("basic")];
  ratios.push(varied / plain);
  console.log(
    `as they are ${plain.toFixed(1)} img/s, basic ${varied.toFixed(1)} img/s, ratio ${(varied / plain).toFixed(3)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(`median ratio ${ratios[Math.floor(ratios.length / 2)]!.toFixed(3)} (wanted: at least 0.9)`);

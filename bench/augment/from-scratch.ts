/**
 * What does augmentation give a network trained from random weights on few pictures? Conv-4, the same pictures, first
 * weights and epochs for every policy; accuracy on pictures not drawn, and the gain over the first policy, paired.
 *
 * node bench/augment/from-scratch.ts [photos | cifar-fs] [pictures] [seeds] [epochs] [size] [policies] [network] [threads]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { plainSquare } from "../../src/base/preprocess.ts";
import { argmax, rowOf } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { policyNamed } from "../../src/data/check-policy.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { conv4 } from "../../src/nn/networks/conv-4.ts";
import { resnet12 } from "../../src/nn/networks/resnet-12.ts";
import { trainFromScratch, type Network } from "../../src/train/from-scratch.ts";
import { varyPhotos } from "../../src/train/varied-photos.ts";
import { divide, readGallery } from "../fine-tune/photos.ts";

const [
  photos = "cifar-fs",
  pictures = "500",
  seeds = "5",
  epochs = "100",
  side = "32",
  names = "none,basic,mixup,cutmix",
  net = "conv-4",
  threads = "1",
] = process.argv.slice(2);

/** The test classes of CIFAR-FS as an ordinary data set of 20 classes. */
const unpackCifar = (): string => {
  const folder = join(tmpdir(), "handful-cifar-fs");
  if (!existsSync(join(folder, "test"))) {
    mkdirSync(folder, { recursive: true });
    spawnSync("tar", ["-xf", resolve("../shared/data/cifar-fs/test.tar"), "-C", folder]);
  }
  return join(folder, "test");
};

const networks: Readonly<Record<string, Network>> = {
  "conv-4": (scope, x) => conv4(scope, x),
  "resnet-12": (scope, x) => resnet12(scope, x, { widths: [32, 64, 128, 256] }),
  "conv-4-wide": (scope, x) => conv4(scope, x, { width: 128 }),
};
const size = Number(side);
const look = plainSquare(size, { fit: "squash", background: [0, 0, 0] });
const gallery = await readGallery(photos === "cifar-fs" ? unpackCifar() : photos, look);
const ways = gallery.classes.length;
const found = new Map<string, number[]>();
for (let seed = 0; seed < Number(seeds); seed++) {
  const { train, test } = divide(gallery, Math.round(Number(pictures) / ways), createRandom(`draw ${seed}`), 2000);
  for (const name of names.split(",")) {
    const start = performance.now();
    const policy = policyNamed(name);
    const varied = varyPhotos(gallery.photos, policy, {
      width: size,
      height: size,
      seed: `views ${seed}`,
      keys: Array.from({ length: gallery.photos.count }, (_, i) => gallery.photos.name(i)),
    });
    const trained = await trainFromScratch({
      network: networks[net]!,
      photos: varied,
      size: [size, size],
      rows: train,
      labels: gallery.labels,
      ways,
      epochs: Number(epochs),
      batch: 50,
      rate: 2e-3,
      smoothing: 0,
      policy,
      views: "fresh",
      random: createRandom(`training ${seed}`),
      threads: Number(threads),
    });
    const scores = await trained.score(test);
    await varied.close();
    const right = test.filter((row, i) => argmax(rowOf(scores, i)) === gallery.labels[row]).length;
    found.set(name, [...(found.get(name) ?? []), (100 * right) / test.length]);
    console.log(
      `draw ${seed} ${name}: ${((100 * right) / test.length).toFixed(1)}, last loss ${trained.history.at(-1)!.loss.toFixed(2)}, ${((performance.now() - start) / 1000).toFixed(0)} s; ${train.length} trained on, ${test.length} tested`,
    );
  }
}
const meanOf = (values: readonly number[]): string => {
  const { low, high } = meanInterval(values);
  return `${((low + high) / 2).toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
};
const gainOver = (name: string, base: string): string =>
  meanOf(found.get(name)!.map((v, i) => v - found.get(base)![i]!));
for (const name of found.keys())
  console.log(
    `${photos} ${net} ${pictures} pictures, ${name}: ${meanOf(found.get(name)!)}; ` +
      (found.has("none") ? `over none ${gainOver(name, "none")}` : "") +
      (found.has("basic") && name !== "basic" ? `, over basic ${gainOver(name, "basic")}` : ""),
  );

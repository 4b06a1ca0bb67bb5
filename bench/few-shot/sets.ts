import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import type { EpisodeSet } from "../../src/train/episodic/draw-episodes.ts";
import { readTar, readZip, type Entry } from "./archives.ts";

/** Pictures of one size, decoded, class by class. */
export interface PictureSet extends EpisodeSet {
  readonly classes: readonly string[];
  readonly pixels: Uint8Array;
}

export interface Benchmark {
  readonly picture: readonly [height: number, width: number, channels: number];
  readonly train: PictureSet;
  readonly validation: PictureSet;
  readonly test: PictureSet;
}

type Decode = (bytes: Buffer) => Promise<Buffer>;
type Size = Benchmark["picture"];

const setOf = (pixels: Uint8Array, names: readonly string[], size: Size): PictureSet => {
  const bytes = size[0] * size[1] * size[2];
  const folders = names.map((name) => dirname(name));
  const classes = [...new Set(folders)];
  const index = new Map(classes.map((name, i) => [name, i]));
  return {
    classes,
    pixels,
    labels: Int32Array.from(folders, (folder) => index.get(folder)!),
    photos: {
      count: names.length,
      name: (i) => names[i]!,
      // a copy: sent to another thread, a view would take all pictures with it
      pixels: async (i) => pixels.slice(i * bytes, (i + 1) * bytes),
    },
  };
};

/** Decodes all pictures once; they are kept in the temp folder for the next run. */
const decodeAll = async (
  entries: readonly Entry[],
  name: string,
  [size, decode]: [Size, Decode],
): Promise<PictureSet> => {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const bytes = size[0] * size[1] * size[2];
  const kept = join(tmpdir(), "handful-few-shot", `${name}.raw`);
  const names = sorted.map(({ path }) => path);
  // no Buffer: its slices are views
  if (existsSync(kept)) return setOf(new Uint8Array(readFileSync(kept)), names, size);
  const pixels = new Uint8Array(sorted.length * bytes);
  for (let from = 0; from < sorted.length; from += 64) {
    const part = await Promise.all(sorted.slice(from, from + 64).map((entry) => decode(entry.bytes)));
    part.forEach((one, i) => pixels.set(one, (from + i) * bytes));
  }
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, pixels);
  return setOf(pixels, names, size);
};

/** CIFAR-FS with its standard split of classes. Bertinetto et al. 2019. */
const cifarFs = async (folder: string): Promise<Benchmark> => {
  const picture = [32, 32, 3] as const;
  const decode: Decode = (bytes) => sharp(bytes).removeAlpha().toColourspace("srgb").raw().toBuffer();
  const read = (split: string): Promise<PictureSet> =>
    decodeAll(readTar(readFileSync(join(folder, `cifar-fs/${split}.tar`))), `cifar-fs-${split}`, [picture, decode]);
  return { picture, train: await read("train"), validation: await read("val"), test: await read("test") };
};

/** The pictures of a set turned by 0, 90, 180 and 270 degrees, each turn another class. Santoro et al. 2016. */
const withTurns = ({ pixels, photos, labels, classes }: PictureSet, side: number): PictureSet => {
  const bytes = side * side;
  const all = new Uint8Array(4 * pixels.length);
  all.set(pixels);
  for (let i = photos.count; i < 4 * photos.count; i++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        all[i * bytes + x * side + (side - 1 - y)] = all[(i - photos.count) * bytes + y * side + x]!;
  const names = Array.from({ length: 4 * photos.count }, (_, i) => {
    const row = i % photos.count;
    return `${classes[labels[row]!]} turned ${90 * Math.floor(i / photos.count)}/${row}`;
  });
  return setOf(all, names, [side, side, 1]);
};

const part = (set: PictureSet, keep: (name: string) => boolean, size: Size): PictureSet => {
  const bytes = size[0] * size[1] * size[2];
  const rows = Array.from(set.labels.keys()).filter((row) => keep(set.classes[set.labels[row]!]!));
  const pixels = new Uint8Array(rows.length * bytes);
  rows.forEach((row, i) => pixels.set(set.pixels.subarray(row * bytes, (row + 1) * bytes), i * bytes));
  return setOf(
    pixels,
    rows.map((row) => set.photos.name(row)),
    size,
  );
};

/** Omniglot at 28 px, strokes 255; trained on the background alphabets but for three, with turns as further classes. */
const omniglot = async (folder: string): Promise<Benchmark> => {
  const picture = [28, 28, 1] as const;
  const decode: Decode = (bytes) =>
    sharp(bytes).toColourspace("b-w").resize(28, 28, { kernel: "linear" }).negate().extractChannel(0).raw().toBuffer();
  const read = (split: string): Promise<PictureSet> =>
    decodeAll(readZip(readFileSync(join(folder, `omniglot/images_${split}.zip`))), `omniglot-${split}`, [
      picture,
      decode,
    ]);
  const [background, test] = [await read("background"), await read("evaluation")];
  const isHeld = (name: string): boolean => /\/(Tagalog|Sanskrit|Tifinagh)\//.test(name);
  return {
    picture,
    train: withTurns(
      part(background, (name) => !isHeld(name), picture),
      28,
    ),
    validation: part(background, isHeld, picture),
    test,
  };
};

/** Reads a benchmark from the folder that holds the archives. */
export const readBenchmark = (name: "cifar-fs" | "omniglot", folder: string): Promise<Benchmark> =>
  name === "omniglot" ? omniglot(folder) : cifarFs(folder);

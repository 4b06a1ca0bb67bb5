import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Preprocess } from "../../src/base/preprocess.ts";
import { preprocessImage } from "../../src/data/preprocess.ts";

/** Pictures of one size with their classes: RGB bytes, [count, size, size, 3]. */
export interface Pictures {
  readonly size: number;
  readonly count: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly classes: number;
}

/** The folder of data sets that lies beside the repository. */
export const dataFolder = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** How pictures are brought to the network: shorter side to `size`, centre crop, to [-1, 1]. */
export const preprocessTo = (size: number): Preprocess => ({
  height: size,
  width: size,
  fit: "crop",
  resizeTo: size,
  background: [0, 0, 0],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  channels: "RGB",
});

/** The plain files of a tar archive (ustar: 512-byte headers, sizes in octal). */
export function* tarFiles(path: string): Generator<{ name: string; bytes: Uint8Array }> {
  const archive = readFileSync(path);
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const name = archive.toString("latin1", at, at + 100).split("\0", 1)[0]!;
    const size = parseInt(archive.toString("latin1", at + 124, at + 136), 8) || 0;
    const kind = archive[at + 156];
    if (kind === 0x30 || kind === 0) yield { name, bytes: archive.subarray(at + 512, at + 512 + size) };
    at += 512 + 512 * Math.ceil(size / 512);
  }
}

/** Decodes and resizes encoded pictures, several at a time. */
export const decodeAll = async (
  items: readonly { bytes: Uint8Array; label: number }[],
  size: number,
): Promise<Pictures> => {
  const settings = preprocessTo(size);
  const bytesEach = size * size * 3;
  const pixels = new Uint8Array(items.length * bytesEach);
  for (let from = 0; from < items.length; from += 16)
    await Promise.all(
      items.slice(from, from + 16).map(async ({ bytes }, i) => {
        pixels.set(await preprocessImage(bytes, settings), (from + i) * bytesEach);
      }),
    );
  const labels = Uint8Array.from(items, (item) => item.label);
  return { size, count: items.length, pixels, labels, classes: new Set(labels).size };
};

/** The pictures of a CIFAR-FS split, the first `perClass` of each class; classes numbered in the order of their names. */
export const readCifarFs = async (split: "train" | "val" | "test", size: number, perClass = 600): Promise<Pictures> => {
  const files = [...tarFiles(`${dataFolder}cifar-fs/${split}.tar`)].filter(({ name }) => name.endsWith(".jpg"));
  const classOf = (name: string): string => name.split("/").at(-2)!;
  const names = [...new Set(files.map(({ name }) => classOf(name)))].sort();
  return decodeAll(
    files
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name }) => parseInt(name.split("/").at(-1)!, 10) < perClass)
      .map(({ name, bytes }) => ({ bytes, label: names.indexOf(classOf(name)) })),
    size,
  );
};

/** Every `step`-th picture. */
export const everyOther = (pictures: Pictures, step: number): Pictures => {
  const bytesEach = pictures.size * pictures.size * 3;
  const indices = [...pictures.labels.keys()].filter((i) => i % step === 0);
  const pixels = new Uint8Array(indices.length * bytesEach);
  indices.forEach((index, i) =>
    pixels.set(pictures.pixels.subarray(index * bytesEach, (index + 1) * bytesEach), i * bytesEach),
  );
  return { ...pictures, count: indices.length, pixels, labels: pictures.labels.filter((_, i) => i % step === 0) };
};

/** Pictures `indices` as the network's input: (byte / 255 - 0.5) / 0.5, [indices, 3, size, size]; mirrored if asked. */
export const toInput = (pictures: Pictures, indices: readonly number[], mirrored = false): Float32Array => {
  const { size, pixels } = pictures;
  const plane = size * size;
  const out = new Float32Array(indices.length * 3 * plane);
  indices.forEach((index, i) => {
    for (let p = 0; p < plane; p++) {
      const x = p % size;
      const to = mirrored ? p - x + size - 1 - x : p;
      for (let c = 0; c < 3; c++)
        out[(i * 3 + c) * plane + to] = (pixels[(index * plane + p) * 3 + c]! / 255 - 0.5) / 0.5;
    }
  });
  return out;
};

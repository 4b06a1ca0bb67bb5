import type { Pixels } from "../base/preprocess.ts";
import { resample } from "./resample.ts";

/** Side of the grey picture that is looked at, of its discrete cosine block, and of the thumbnail kept; in pixels. */
const SIDE = 32;
const BLOCK = 8;
const THUMBNAIL = 16;

export const HASH_BYTES = 8;
/** Bytes of a fingerprint: the hash, then a thumbnail. */
export const FINGERPRINT_BYTES = HASH_BYTES + THUMBNAIL * THUMBNAIL;

/** Standard deviation of grey (0-255) under which a picture shows nothing to compare. */
const FLAT = 1;
/** Thumbnails are kept as signed bytes: 1 standard deviation = 32. */
const THUMBNAIL_SCALE = 32;

/** The picture as 32 x 32 grey levels. */
const greyPicture = (pixels: Pixels): Float64Array => {
  const whole = { resizedWidth: SIDE, resizedHeight: SIDE, left: 0, top: 0, width: SIDE, height: SIDE };
  const rgb = resample(pixels, whole);
  return Float64Array.from(
    { length: SIDE * SIDE },
    (_, i) => 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!,
  );
};

/** Row k: the k-th cosine of the type-II transform over 32 points. */
const COSINES: readonly Float64Array[] = Array.from({ length: BLOCK }, (_, k) =>
  Float64Array.from({ length: SIDE }, (_, i) => Math.cos((Math.PI * k * (2 * i + 1)) / (2 * SIDE))),
);

/** The 63 lowest frequencies of the cosine transform, the mean left out. */
const lowFrequencies = (grey: Float64Array): Float64Array => {
  const out = new Float64Array(BLOCK * BLOCK - 1);
  for (let v = 0; v < BLOCK; v++) {
    const column = new Float64Array(SIDE);
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) column[x]! += COSINES[v]![y]! * grey[y * SIDE + x]!;
    for (let u = v === 0 ? 1 : 0; u < BLOCK; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += COSINES[u]![x]! * column[x]!;
      // The rows of the first frequency weigh less in the orthonormal transform.
      out[v * BLOCK + u - 1] = u === 0 || v === 0 ? sum * Math.SQRT1_2 : sum;
    }
  }
  return out;
};

const thumbnailOf = (grey: Float64Array, mean: number, deviation: number): Int8Array => {
  const out = new Int8Array(THUMBNAIL * THUMBNAIL);
  const factor = SIDE / THUMBNAIL;
  for (let y = 0; y < THUMBNAIL; y++) {
    for (let x = 0; x < THUMBNAIL; x++) {
      let sum = 0;
      for (let k = 0; k < factor * factor; k++)
        sum += grey[(y * factor + Math.floor(k / factor)) * SIDE + x * factor + (k % factor)]!;
      const level = ((sum / (factor * factor) - mean) / deviation) * THUMBNAIL_SCALE;
      out[y * THUMBNAIL + x] = Math.max(-127, Math.min(127, Math.round(level)));
    }
  }
  return out;
};

/**
 * What near-duplicate search compares: a 64-bit hash and a thumbnail of 16 x 16 grey levels, without brightness and
 * contrast. The hash says which of the 63 lowest frequencies of the cosine transform lie above their median
 * (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions"); it survives resizing,
 * recompression and small crops. The thumbnail tells apart pictures whose hashes agree by chance.
 *
 * @returns FINGERPRINT_BYTES bytes; all zero for a picture of one plain colour
 */
export const fingerprintOf = (pixels: Pixels): Uint8Array => {
  const grey = greyPicture(pixels);
  const out = new Uint8Array(FINGERPRINT_BYTES);
  const mean = grey.reduce((sum, level) => sum + level, 0) / grey.length;
  const deviation = Math.sqrt(grey.reduce((sum, level) => sum + (level - mean) ** 2, 0) / grey.length);
  if (deviation < FLAT) return out;
  const frequencies = lowFrequencies(grey);
  const median = Float64Array.from(frequencies).sort()[frequencies.length >> 1]!;
  frequencies.forEach((value, i) => {
    if (value > median) out[i >> 3]! |= 1 << (i & 7);
  });
  out.set(new Uint8Array(thumbnailOf(grey, mean, deviation).buffer), HASH_BYTES);
  return out;
};

/** Whether a fingerprint is that of a picture of one plain colour, which looks like nothing and everything. */
export const isFlat = (fingerprint: Uint8Array): boolean => fingerprint.every((byte) => byte === 0);

/** Bits set in a 32-bit word. */
export const countBits = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** How many bits of 64 differ between two hashes, each as two 32-bit words. */
export const hamming = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  countBits(a[0]! ^ b[0]!) + countBits(a[1]! ^ b[1]!);

/** The hash of a fingerprint as two 32-bit words. */
export const hashWords = (fingerprint: Uint8Array): [low: number, high: number] => {
  const view = new DataView(fingerprint.buffer, fingerprint.byteOffset, HASH_BYTES);
  return [view.getUint32(0, true), view.getUint32(4, true)];
};

/** Correlation of two thumbnails, -1 .. 1; 1 = the same picture up to brightness and contrast. */
export const thumbnailSimilarity = (a: Uint8Array, b: Uint8Array): number => {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = HASH_BYTES; i < FINGERPRINT_BYTES; i++) {
    const x = (a[i]! << 24) >> 24;
    const y = (b[i]! << 24) >> 24;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
};

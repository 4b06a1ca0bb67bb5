import { matrix, release, rowOf, type Matrix } from "../base/matrix.ts";
import { countBits, hashWords, isFlat, thumbnailSimilarity } from "./perceptual-hash.ts";

/** Two items (by index, a < b) that look the same. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  /** 1 = the same; what it measures depends on who found the pair. */
  readonly similarity: number;
}

/** Groups of two or more equal keys (file hashes), by index, in order of first index; null equals nothing. */
export const exactDuplicates = (keys: readonly (string | null)[]): number[][] => {
  const groups = new Map<string, number[]>();
  keys.forEach((key, index) => {
    if (key === null) return;
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  });
  return [...groups.values()].filter((group) => group.length > 1);
};

/**
 * Bits of 64 that may differ, and the least correlation of thumbnails. Measured on neu-steel, flowers12, brain-mri
 * and sign-digits: 99 % of 1 % crops and all resized and recompressed copies stay within; of 5.6 million pairs of
 * different photos one is taken for a copy (two photos of one hand in one pose).
 */
const MAX_HAMMING = 8;
const MIN_SIMILARITY = 0.96;
/** Earlier look-alikes after which an item is looked at no further: groups need one, a frozen video has thousands. */
const MAX_PARTNERS = 16;

/** The hash is cut in 4; hashes at most 8 bits apart agree in some quarter up to 2 bits. */
const QUARTERS = 4;

/** All 16-bit words with at most MAX_HAMMING / QUARTERS = 2 bits set. */
const quarterMasks = (): Uint16Array => {
  const masks = [0];
  for (let i = 0; i < 16; i++) {
    masks.push(1 << i);
    for (let j = 0; j < i; j++) masks.push((1 << i) | (1 << j));
  }
  return Uint16Array.from(masks);
};

/** Items ordered by one quarter of their hash: those with value v are `order[start[v]] .. order[start[v + 1] - 1]`. */
const bucketsOf = (quarters: Uint16Array): { start: Int32Array; order: Int32Array } => {
  const start = new Int32Array(0x10001);
  for (const value of quarters) start[value + 1]!++;
  for (let v = 0; v < 0x10000; v++) start[v + 1]! += start[v]!;
  const next = start.slice();
  const order = new Int32Array(quarters.length);
  quarters.forEach((value, i) => (order[next[value]!++] = i));
  return { start, order };
};

/** For every row the earlier rows whose hash differs in at most MAX_HAMMING bits, handed over one by one. */
const forCandidates = (words: Uint32Array, count: number, take: (a: number, b: number) => boolean): void => {
  const halves = new Uint16Array(words.buffer, words.byteOffset, count * QUARTERS);
  const masks = quarterMasks();
  const buckets = Array.from({ length: QUARTERS }, (_, q) =>
    bucketsOf(Uint16Array.from({ length: count }, (_, i) => halves[i * QUARTERS + q]!)),
  );
  const seen = new Int32Array(count).fill(-1);
  for (let b = 0; b < count; b++) {
    let more = true;
    for (let q = 0; q < QUARTERS && more; q++) {
      const { start, order } = buckets[q]!;
      for (const mask of masks) {
        const value = halves[b * QUARTERS + q]! ^ mask;
        for (let k = start[value]!; k < start[value + 1]! && more; k++) {
          const a = order[k]!;
          if (a >= b) break;
          if (seen[a] === b) continue;
          seen[a] = b;
          const differing = countBits(words[2 * a]! ^ words[2 * b]!) + countBits(words[2 * a + 1]! ^ words[2 * b + 1]!);
          if (differing <= MAX_HAMMING) more = take(a, b);
        }
      }
    }
  }
};

/**
 * Pairs of items that look the same: resized, recompressed or slightly cropped copies.
 *
 * Takes time in proportion to the number of items and of look-alikes, not to its square. Of many look-alikes of one
 * item only the first 16 found are given: enough to join them into one group.
 *
 * @param fingerprints  by item, from `fingerprintOf`; null and plain colours look like nothing
 * @returns sorted by a, then b; similarity = correlation of the thumbnails, 0.96 .. 1
 */
export const nearDuplicatesByLook = (fingerprints: readonly (Uint8Array | null)[]): Pair[] => {
  const items: number[] = [];
  fingerprints.forEach((fingerprint, index) => {
    if (fingerprint && !isFlat(fingerprint)) items.push(index);
  });
  const words = new Uint32Array(items.length * 2);
  items.forEach((item, i) => words.set(hashWords(fingerprints[item]!), 2 * i));
  const pairs: Pair[] = [];
  const partners = new Uint8Array(items.length);
  forCandidates(words, items.length, (i, j) => {
    const [a, b] = [items[i]!, items[j]!];
    const similarity = thumbnailSimilarity(fingerprints[a]!, fingerprints[b]!);
    if (similarity >= MIN_SIMILARITY) {
      pairs.push({ a, b, similarity });
      partners[j]!++;
    }
    return partners[j]! < MAX_PARTNERS;
  });
  return pairs.sort((p, q) => p.a - q.a || p.b - q.b);
};

/** Columns after which a pair that is already too far apart is given up. */
const STEP = 32;

/** Rows scaled to length 1; rows of zeros stay. */
const normalised = (features: Matrix): Float32Array => {
  const out = Float32Array.from(features.data);
  for (let i = 0; i < features.rows; i++) {
    const row = out.subarray(i * features.columns, (i + 1) * features.columns);
    const length = Math.sqrt(rowOf(features, i).reduce((sum, x) => sum + x * x, 0));
    if (length > 0) for (let k = 0; k < row.length; k++) row[k]! /= length;
  }
  return out;
};

/** Directions along which rows are compared first, and how they are found: by power iteration on some rows. */
const DIRECTIONS = 4;
const DIRECTION_ROWS = 500;
const ITERATIONS = 5;

/** Some rows, evenly over all, minus their mean. */
const centredSome = (data: Float32Array, { rows, columns }: Matrix): Float64Array[] => {
  const count = Math.min(rows, DIRECTION_ROWS);
  const some = Array.from({ length: count }, (_, s) => {
    const row = Math.floor((s * rows) / count);
    return Float64Array.from(data.subarray(row * columns, (row + 1) * columns));
  });
  const mean = new Float64Array(columns);
  for (const row of some) row.forEach((x, k) => (mean[k]! += x / count));
  for (const row of some) mean.forEach((m, k) => (row[k]! -= m));
  return some;
};

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
};

/** Orthonormal directions along which the rows differ most, roughly. */
const leadingDirections = (data: Float32Array, features: Matrix): Float64Array[] => {
  const some = centredSome(data, features);
  const found: Float64Array[] = [];
  for (const start of some.slice(0, DIRECTIONS)) {
    let direction = start;
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      const next = new Float64Array(features.columns);
      for (const row of some) {
        const along = dot(row, direction);
        for (let k = 0; k < next.length; k++) next[k]! += along * row[k]!;
      }
      for (const other of [...found, ...found]) {
        const along = dot(next, other);
        for (let k = 0; k < next.length; k++) next[k]! -= along * other[k]!;
      }
      const length = Math.sqrt(dot(next, next));
      direction = length > 1e-9 ? next.map((x) => x / length) : new Float64Array(features.columns);
    }
    found.push(direction);
  }
  return found;
};

/** Where every row lies along the leading directions, [rows, 4]: two rows are at least as far apart as their places. */
const placesOf = (data: Float32Array, features: Matrix): Float32Array => {
  const directions = leadingDirections(data, features);
  const places = new Float32Array(features.rows * DIRECTIONS);
  for (let i = 0; i < features.rows; i++)
    directions.forEach((direction, d) => {
      let sum = 0;
      for (let k = 0; k < direction.length; k++) sum += direction[k]! * data[i * direction.length + k]!;
      places[i * DIRECTIONS + d] = sum;
    });
  return places;
};

/** Of two places. */
const squaredDistance = (places: Float32Array, a: number, b: number): number => {
  let sum = 0;
  for (let d = 0; d < DIRECTIONS; d++) {
    const apart = places[a + d]! - places[b + d]!;
    sum += apart * apart;
  }
  return sum;
};

/** Added to a limit on rounded places, so that rounding never parts a pair. */
const SLACK = 1e-4;

/**
 * Pairs of rows whose cosine similarity is at least `threshold`, exactly: `|a - b|² = 2 - 2 cos` only grows as
 * directions are added, so most pairs are given up after the few along which rows differ most.
 *
 * @param features  [items, dim], any scale
 * @returns sorted by a, then b; of more than 16 partners before an item only the first 16
 */
export const nearDuplicatesByEmbedding = (features: Matrix, threshold: number): Pair[] => {
  const { rows, columns } = features;
  const data = normalised(features);
  const limit = 2 - 2 * threshold + 1e-6;
  const pairs: Pair[] = [];
  const places = placesOf(data, features);
  for (let b = 0; b < rows; b++) {
    for (let a = 0, partners = 0; a < b && partners < MAX_PARTNERS; a++) {
      if (squaredDistance(places, a * DIRECTIONS, b * DIRECTIONS) > limit + SLACK) continue;
      let distance = 0;
      for (let k = 0; k < columns && distance <= limit; k += STEP) {
        const end = Math.min(columns, k + STEP);
        for (let i = a * columns + k, j = b * columns + k; i < a * columns + end; i++, j++) {
          const d = data[i]! - data[j]!;
          distance += d * d;
        }
      }
      if (distance > limit) continue;
      pairs.push({ a, b, similarity: 1 - distance / 2 });
      partners++;
    }
  }
  release(matrix(rows, columns, data));
  return pairs.sort((p, q) => p.a - q.a || p.b - q.b);
};

/** The root of `i`, with the path to it shortened. */
const rootOf = (parents: Int32Array, i: number): number => {
  let root = i;
  while (parents[root] !== root) root = parents[root] = parents[parents[root]!]!;
  return root;
};

/**
 * Group of every item, numbered from 0 in order of first item: items of one declared group, and pairs, belong
 * together, and so does what they have in common (union-find).
 *
 * @param grouping.declared  declared group of every item; null = none
 */
export const groupItems = (grouping: {
  readonly count: number;
  readonly declared?: readonly (string | null)[];
  readonly pairs?: readonly Pick<Pair, "a" | "b">[];
}): Int32Array => {
  const parents = Int32Array.from({ length: grouping.count }, (_, i) => i);
  const join = (a: number, b: number): void => {
    const [x, y] = [rootOf(parents, a), rootOf(parents, b)];
    parents[Math.max(x, y)] = Math.min(x, y);
  };
  const firstOf = new Map<string, number>();
  grouping.declared?.forEach((name, index) => {
    if (name === null) return;
    const first = firstOf.get(name);
    if (first === undefined) firstOf.set(name, index);
    else join(first, index);
  });
  for (const { a, b } of grouping.pairs ?? []) join(a, b);
  const numbers = new Map<number, number>();
  return Int32Array.from({ length: grouping.count }, (_, i) => {
    const root = rootOf(parents, i);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
};

import { shuffled, type Random } from "../base/random.ts";
import type { Size } from "./warp.ts";

export interface MixOptions {
  /** Of Beta(alpha, alpha), > 0: small values leave most pictures nearly as they are. */
  readonly alpha: number;
}

/** A part of a picture, in cells; right and bottom are the first beyond. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** How a batch is mixed: with the share of its own that each picture keeps. */
export interface MixDraw {
  /** In [0, 1]. */
  readonly share: number;
  /** Where the other picture shows; null: everywhere, in the share that is left. */
  readonly box: Box | null;
}

/** A way to mix the pictures of a batch. */
export interface Mix {
  readonly name: string;
  readonly defaults: MixOptions;
  readonly sample: (options: MixOptions, size: Size, random: Random) => MixDraw;
}

/** A batch of pictures or of what a network makes of them, and how its axes lie. */
export interface Batch<T extends Uint8Array | Float32Array> {
  readonly data: T;
  readonly shape: readonly number[];
  readonly layout: "nhwc" | "nchw";
}

/** Height and width of what a batch holds; 1 x 1 for vectors. */
export const sizeOfBatch = ({ shape, layout }: Pick<Batch<Float32Array>, "shape" | "layout">): Size => {
  if (shape.length !== 4) return { width: 1, height: 1 };
  return layout === "nhwc" ? { height: shape[1]!, width: shape[2]! } : { height: shape[2]!, width: shape[3]! };
};

/** For every row of a batch the one it is mixed with. */
export const partnersOf = (rows: number, random: Random): number[] =>
  shuffled(
    Array.from({ length: rows }, (_, i) => i),
    random,
  );

/** A batch with each picture mixed with its partner; bytes are rounded. */
export const applyMix = <T extends Uint8Array | Float32Array>(
  { data, shape, layout }: Batch<T>,
  { share, box }: MixDraw,
  partners: readonly number[],
): T => {
  // of a Buffer, slice would share memory
  const out = (data instanceof Uint8Array ? new Uint8Array(data) : new Float32Array(data)) as T;
  const size = data.length / partners.length;
  if (!box) {
    const half = data instanceof Uint8Array ? 0.5 : 0;
    partners.forEach((partner, row) => {
      for (let i = 0; i < size; i++)
        out[row * size + i] = share * data[row * size + i]! + (1 - share) * data[partner * size + i]! + half;
    });
    return out;
  }
  const { width, height } = sizeOfBatch({ shape, layout });
  // a row of cells lies together: with its channels (nhwc), or once for every channel (nchw)
  const cell = layout === "nhwc" ? size / (width * height) : 1;
  const planes = size / (width * height * cell);
  partners.forEach((partner, row) => {
    for (let plane = 0; plane < planes; plane++)
      for (let y = box.top; y < box.bottom; y++) {
        const at = (plane * height + y) * width * cell;
        const from = partner * size + at;
        out.set(data.subarray(from + box.left * cell, from + box.right * cell), row * size + at + box.left * cell);
      }
  });
  return out;
};

/** Targets [rows, ways] of a mixed batch: each picture's own in its share, its partner's in the rest. */
export const mixTargets = (targets: Float32Array, share: number, partners: readonly number[]): Float32Array => {
  const ways = targets.length / partners.length;
  return targets.map(
    (own, i) => share * own + (1 - share) * targets[partners[Math.floor(i / ways)]! * ways + (i % ways)]!,
  );
};

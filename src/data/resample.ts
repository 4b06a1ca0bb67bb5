import type { Pixels } from "../base/preprocess.ts";
import { createKernel, type ResampleKernel } from "./resample-kernel.ts";
import { trianglesOf, type Taps } from "./triangle-filter.ts";

/** A window of the resized picture: may reach beyond it, where `background` shows. */
export interface Window {
  /** Size the whole picture is resized to, in pixels. */
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** Where the window lies in the resized picture, in pixels; may be negative. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Scratch memory kept between calls, in bytes: enough for all but absurd shapes, which get some of their own. */
const KEPT_BYTES = 32 * 2 ** 20;
const PAGE_BYTES = 65536;

// Each call overwrites what it reads and returns before the next begins: scratch paper, not state.
const kept = createKernel();

const kernelFor = (bytes: number): ResampleKernel => {
  const kernel = bytes > KEPT_BYTES ? createKernel() : kept;
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
  return kernel;
};

/** Where things lie in a kernel's memory: addresses in bytes, room for a vector behind each. */
const createLayout = (): { reserve(bytes: number): number; size(): number } => {
  let end = 0;
  return {
    reserve: (bytes) => {
      const start = end;
      end += Math.ceil((bytes + 16) / 16) * 16;
      return start;
    },
    size: () => end,
  };
};

/** The part of the picture that counts, resized: RGB bytes, [down.first.length, across.first.length, 3]. */
const resizePart = (pixels: Pixels, across: Taps, down: Taps): Uint8Array => {
  const [left, top] = [across.first[0]!, down.first[0]!];
  const sourceRows = down.first.at(-1)! + down.count.at(-1)! - top;
  const sourceBytes = (across.first.at(-1)! + across.count.at(-1)! - left) * 3;
  const [columns, outRows] = [across.first.length, down.first.length];
  // A row of floats has room for the fourth that is written with the last pixel's three.
  const rowBytes = Math.ceil((columns * 12 + 4) / 16) * 16;
  const { reserve, size } = createLayout();
  const source = reserve(sourceRows * sourceBytes);
  const first = reserve(columns * 4);
  const count = reserve(columns * 4);
  const acrossWeights = reserve(across.weights.byteLength);
  const downWeights = reserve(down.weights.byteLength);
  const rows = reserve(sourceRows * rowBytes);
  const out = reserve(outRows * columns * 3);
  const kernel = kernelFor(size());
  const { buffer } = kernel.memory;
  const bytes = new Uint8Array(buffer);
  new Int32Array(buffer, first).set(across.first.map((x) => (x - left) * 3));
  new Int32Array(buffer, count).set(across.count);
  new Float32Array(buffer, acrossWeights).set(across.weights);
  new Float32Array(buffer, downWeights).set(down.weights);
  for (let y = 0; y < sourceRows; y++) {
    const start = ((top + y) * pixels.width + left) * 3;
    const from = source + y * sourceBytes;
    bytes.set(pixels.data.subarray(start, start + sourceBytes), from);
    kernel.columns(from, first, count, acrossWeights, across.stride * 4, columns, rows + y * rowBytes);
  }
  const quads = Math.ceil((columns * 3) / 4);
  for (let y = 0; y < outRows; y++) {
    const from = rows + (down.first[y]! - top) * rowBytes;
    kernel.rows(from, rowBytes, down.count[y]!, downWeights + y * down.stride * 4, quads, out + y * columns * 3);
  }
  return bytes.slice(out, out + outRows * columns * 3);
};

const filled = (length: number, [r, g, b]: readonly [number, number, number]): Uint8Array => {
  const out = new Uint8Array(length);
  if (r === g && g === b) return out.fill(r);
  for (let i = 0; i < length; i += 3) {
    out[i] = r;
    out[i + 1] = g;
    out[i + 2] = b;
  }
  return out;
};

/**
 * A window of a resized picture, by the triangle filter with antialiasing; only the window is computed.
 *
 * @param background  colour where the window reaches beyond the picture, RGB, 0-255
 * @returns RGB bytes, [window.height, window.width, 3]
 */
export const resample = (
  pixels: Pixels,
  window: Window,
  background: readonly [number, number, number] = [0, 0, 0],
): Uint8Array => {
  const left = Math.max(0, window.left);
  const right = Math.min(window.resizedWidth, window.left + window.width);
  const top = Math.max(0, window.top);
  const bottom = Math.min(window.resizedHeight, window.top + window.height);
  const size = window.width * window.height * 3;
  if (left >= right || top >= bottom) return filled(size, background);
  const across = trianglesOf(pixels.width, window.resizedWidth, [left, right]);
  const down = trianglesOf(pixels.height, window.resizedHeight, [top, bottom]);
  const part = resizePart(pixels, across, down);
  if (part.length === size) return part;
  const out = filled(size, background);
  const length = (right - left) * 3;
  for (let y = top; y < bottom; y++) {
    const start = ((y - window.top) * window.width + left - window.left) * 3;
    out.set(part.subarray((y - top) * length, (y - top + 1) * length), start);
  }
  return out;
};

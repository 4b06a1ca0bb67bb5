import type { IntensityWindow, Pixels, Preprocess } from "../base/preprocess.ts";
import { greyPixels } from "./grey-pixels.ts";
import { toLevels, trimmedRange } from "./intensity.ts";
import { trianglesOf, type Taps } from "./triangle-filter.ts";

/** Sizes along the axes of a volume: planes from foot to head, rows from back to front, columns from left to right. */
export type Axes = readonly [planes: number, rows: number, columns: number];

/**
 * Intensities on a grid whose axes run to the patient's right, front and head ("RAS"), columns fastest;
 * `data.length` is the product of `size`.
 */
export interface Volume {
  readonly size: Axes;
  /** Distance of neighbours, in mm. */
  readonly spacing: Axes;
  readonly data: Float32Array;
}

/** Share of voxels that may be darker than black, and as many brighter than white, where no window is stated. */
const WILD = 0.005;

const windowFor = ({ data }: Volume, window: IntensityWindow | undefined): IntensityWindow =>
  window ?? trimmedRange(data, WILD);

/** The middle plane as people look at it: front up. */
export const middleSlice = (volume: Volume, window: IntensityWindow | undefined): Pixels => {
  const [planes, rows, columns] = volume.size;
  const start = ((planes - 1) >> 1) * rows * columns;
  const levels = toLevels(volume.data.subarray(start, start + rows * columns), windowFor(volume, window));
  const upright = new Uint8Array(levels.length);
  for (let y = 0; y < rows; y++)
    upright.set(levels.subarray((rows - 1 - y) * columns, (rows - y) * columns), y * columns);
  return greyPixels(upright, columns, rows);
};

/** Weighted sums along one axis: `outer` blocks of `from` entries, each entry `inner` numbers. */
const along = (
  data: Float32Array,
  { first, count, weights, stride }: Taps,
  from: number,
  inner: number,
): Float32Array => {
  const to = first.length;
  const outer = data.length / (from * inner);
  const out = new Float32Array(outer * to * inner);
  for (let block = 0; block < outer; block++)
    for (let i = 0; i < to; i++) {
      const at = (block * to + i) * inner;
      for (let tap = 0; tap < count[i]!; tap++) {
        const weight = weights[i * stride + tap]!;
        const source = (block * from + first[i]! + tap) * inner;
        for (let k = 0; k < inner; k++) out[at + k]! += weight * data[source + k]!;
      }
    }
  return out;
};

/** Which part of each axis of the resampled volume the network sees. */
interface View {
  /** Size the whole volume is resampled to. */
  readonly whole: Axes;
  readonly out: Axes;
}

const viewOf = ({ size, spacing }: Volume, settings: Preprocess): View => {
  const out: Axes = [settings.depth!, settings.height, settings.width];
  const side = settings.spacing;
  if (side === undefined) return { whole: out, out };
  const [d, h, w] = size.map((n, axis) => Math.max(1, Math.round((n * spacing[axis]!) / side)));
  return { whole: [d!, h!, w!], out };
};

/** The part of one axis that is seen and there, in resampled voxels, and where it begins in the output. */
const partOf = (whole: number, out: number): { from: number; to: number; at: number } => {
  const left = Math.round((whole - out) / 2);
  return { from: Math.max(0, left), to: Math.min(whole, left + out), at: Math.max(0, -left) };
};

/**
 * A volume as network input: resampled by the triangle filter along each axis, to the input's size or to voxels of a
 * stated side (then cropped or padded with black about the centre), and shown through the window, else from the
 * darkest to the brightest but 0.5 % at either end.
 *
 * @returns levels 0-255, [depth, height, width, 1]
 */
export const fitVolume = (volume: Volume, settings: Preprocess): Uint8Array => {
  const { whole, out } = viewOf(volume, settings);
  const parts = whole.map((n, axis) => partOf(n, out[axis]!));
  let data = volume.data;
  const size = [...volume.size];
  for (const axis of [0, 1, 2]) {
    const { from, to } = parts[axis]!;
    const inner = size.slice(axis + 1).reduce((product, n) => product * n, 1);
    data = along(data, trianglesOf(volume.size[axis]!, whole[axis]!, [from, to]), volume.size[axis]!, inner);
    size[axis] = to - from;
  }
  const levels = toLevels(data, windowFor(volume, settings.window));
  const [planes, rows, columns] = size as [number, number, number];
  const input = new Uint8Array(out[0] * out[1] * out[2]);
  for (let z = 0; z < planes; z++)
    for (let y = 0; y < rows; y++) {
      const row = ((z + parts[0]!.at) * out[1] + y + parts[1]!.at) * out[2] + parts[2]!.at;
      input.set(levels.subarray((z * rows + y) * columns, (z * rows + y + 1) * columns), row);
    }
  return input;
};

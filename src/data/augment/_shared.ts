import type { Pixels } from "../../base/preprocess.ts";
import type { Random } from "../../base/random.ts";
import type { Draw, Ranges } from "../augmentation.ts";

/** A value for each parameter, uniform in its range. */
export const uniform = (ranges: Ranges, random: Random): Draw =>
  Object.fromEntries(
    Object.entries(ranges).map(([name, [low, high]]) => [name, low + (high - low) * random.uniform()]),
  );

/** The same, and a seed for what is drawn pixel by pixel. */
export const uniformWithSeed = (ranges: Ranges, random: Random): Draw => ({
  ...uniform(ranges, random),
  seed: random.integer(2 ** 31),
});

/** Every byte of a picture through a table of 256 values, rounded and kept in 0 .. 255. */
export const throughTable = ({ width, height, data }: Pixels, value: (level: number) => number): Pixels => {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, level) => value(level));
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = table[data[i]!]!;
  return { width, height, data: out };
};

/** Weights of red, green and blue in grey (ITU-R BT.601). */
export const GREY = [0.299, 0.587, 0.114] as const;

/** Every pixel by a matrix, row-major 3 x 3: [r, g, b] = m · [r, g, b], rounded and kept in 0 .. 255. */
export const throughMatrix = ({ width, height, data }: Pixels, m: readonly number[]): Pixels => {
  const out = new Uint8ClampedArray(data.length);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = m as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i]!;
    const g = data[i + 1]!;
    const b = data[i + 2]!;
    out[i] = m0 * r + m1 * g + m2 * b;
    out[i + 1] = m3 * r + m4 * g + m5 * b;
    out[i + 2] = m6 * r + m7 * g + m8 * b;
  }
  return { width, height, data: new Uint8Array(out.buffer) };
};

/** Towards grey: 0 is grey, 1 the picture as it is, more is stronger colour. */
export const saturationMatrix = (amount: number): number[] =>
  [0, 1, 2].flatMap((row) => GREY.map((weight, column) => (1 - amount) * weight + (row === column ? amount : 0)));

/** Mean colour, RGB. */
export const meanColour = ({ data }: Pixels): [number, number, number] => {
  const sums: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    sums[0] += data[i]!;
    sums[1] += data[i + 1]!;
    sums[2] += data[i + 2]!;
  }
  const n = data.length / 3;
  return [sums[0] / n, sums[1] / n, sums[2] / n];
};

/** A rectangle inside a picture, from shares of it: area and sides' ratio, and where in the room that is left. */
export const rectangle = (
  { width, height }: Pixels,
  { area, ratio, x, y }: { readonly area: number; readonly ratio: number; readonly x: number; readonly y: number },
): { readonly left: number; readonly top: number; readonly width: number; readonly height: number } => {
  const across = Math.min(width, Math.round(Math.sqrt(area * width * height * ratio)));
  const down = Math.min(height, Math.round(Math.sqrt((area * width * height) / ratio)));
  return { width: across, height: down, left: Math.round(x * (width - across)), top: Math.round(y * (height - down)) };
};

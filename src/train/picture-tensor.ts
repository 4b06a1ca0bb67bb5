import type { Pixels } from "../base/preprocess.ts";
import type { Random } from "../base/random.ts";
import { floats, type Tensor } from "../graph/dtype.ts";

/** A picture as a network that makes pictures takes it: float32 in -1 .. 1, [1, 3, height, width]. */
export const toPictureTensor = ({ width, height, data }: Pixels): Tensor => {
  const places = width * height;
  const out = new Float32Array(3 * places);
  for (let i = 0; i < places; i++) for (let c = 0; c < 3; c++) out[c * places + i] = data[3 * i + c]! / 127.5 - 1;
  return floats([1, 3, height, width], out);
};

/** The picture in such a tensor, [1, 3, height, width]; what lies outside -1 .. 1 is cut off. */
export const fromPictureTensor = ({ shape, data }: Tensor): Pixels => {
  const [height, width] = [shape[2]!, shape[3]!];
  const places = width * height;
  const out = new Uint8Array(3 * places);
  for (let i = 0; i < places; i++)
    for (let c = 0; c < 3; c++)
      out[3 * i + c] = Math.max(0, Math.min(255, Math.round((Number(data[c * places + i]) + 1) * 127.5)));
  return { width, height, data: out };
};

/**
 * A square part of a picture at a random place, mirrored half of the time, as a network that makes pictures takes it:
 * float32 in -1 .. 1, [1, 3, size, size].
 *
 * @param pixels  at least `size` on each side
 */
export const randomCrop = ({ width, height, data }: Pixels, size: number, random: Random): Tensor => {
  const [left, top] = [random.integer(width - size + 1), random.integer(height - size + 1)];
  const mirrored = random.uniform() < 0.5;
  const out = new Float32Array(3 * size * size);
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at++) {
      const from = 3 * ((top + y) * width + left + (mirrored ? size - 1 - x : x));
      for (let c = 0; c < 3; c++) out[c * size * size + at] = data[from + c]! / 127.5 - 1;
    }
  return floats([1, 3, size, size], out);
};

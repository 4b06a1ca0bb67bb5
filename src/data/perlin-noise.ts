import { shuffled, type Random } from "../base/random.ts";

/** Lattice points after which the noise repeats, along either axis. */
const PERIOD = 256;

/** 6 t⁵ - 15 t⁴ + 10 t³: first and second derivatives vanish at 0 and 1. */
const fade = (t: number): number => t * t * t * (t * (6 * t - 15) + 10);

/**
 * Gradient noise over the plane: a smooth field in [-1, 1] that is 0 at whole coordinates and has a random slope there.
 *
 * Slopes have length √2, so that the field reaches 1 at most, in the middle of a cell whose four slopes point inwards.
 * It repeats after 256 cells.
 * @see Perlin 2002, Improving noise. https://doi.org/10.1145/566654.566636
 */
export const createPerlinNoise = (random: Random): ((x: number, y: number) => number) => {
  const order = shuffled(
    Array.from({ length: PERIOD }, (_, i) => i),
    random,
  );
  const angles = Array.from({ length: PERIOD }, () => 2 * Math.PI * random.uniform());
  const across = angles.map((angle) => Math.SQRT2 * Math.cos(angle));
  const down = angles.map((angle) => Math.SQRT2 * Math.sin(angle));
  const within = (i: number): number => ((i % PERIOD) + PERIOD) % PERIOD;
  return (x, y) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - left, y - top];
    // the slope at a corner of the cell, along the way from that corner
    const rise = (i: number, j: number): number => {
      const at = order[within(order[within(left + i)]! + top + j)]!;
      return across[at]! * (u - i) + down[at]! * (v - j);
    };
    const [s, t] = [fade(u), fade(v)];
    const upper = rise(0, 0) + s * (rise(1, 0) - rise(0, 0));
    const lower = rise(0, 1) + s * (rise(1, 1) - rise(0, 1));
    return upper + t * (lower - upper);
  };
};

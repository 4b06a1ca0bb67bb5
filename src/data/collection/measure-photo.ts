import { plainSquare } from "../../base/preprocess.ts";

/** Side of the picture that is measured, in pixels: every photo is looked at in this size, whatever its own. */
export const LOOK_SIDE = 256;

/** How a photo becomes the picture that is measured: squeezed to a square, so that border and middle are the same part of all. */
export const LOOK = plainSquare(LOOK_SIDE, { fit: "squash", background: [255, 255, 255] });

/** The picture is cut into CELLS x CELLS cells; the outermost ring of them is the border. */
export const CELLS = 8;
const CELL_SIDE = LOOK_SIDE / CELLS;
/** Numbers of one cell: mean red, green and blue, standard deviation of grey, mean size of the Laplacian; all 0-1. */
export const CELL_NUMBERS = 5;

/** Levels (0-255) up to which a pixel counts as black, and from which on as white. */
const BLACK = 4;
const WHITE = 251;

/** What is measured of one photo. */
export interface PhotoMeasures {
  /** Shorter side, in pixels. */
  readonly size: number;
  /** Longer side over shorter side, 1 or more. */
  readonly shape: number;
  /** Mean grey, 0 (black) to 1 (white). */
  readonly brightness: number;
  /** Standard deviation of grey, 0 to 0.5. */
  readonly contrast: number;
  /** Share of pixels without any light, and of those that can get no brighter. */
  readonly black: number;
  readonly white: number;
  /** Variance of the Laplacian of the grey picture at 256 x 256 pixels, in levels squared. */
  readonly sharpness: number;
  /** Mean of (red + green) / 2 - blue and of (red + blue) / 2 - green, -1 to 1; 0 where colours are in balance. */
  readonly warmth: number;
  readonly tint: number;
  /** Where edges lead: the doubled angle as a vector, whose length is how much they lead one way, 0 to 1. */
  readonly angle: readonly [number, number];
  /** [CELLS x CELLS, CELL_NUMBERS], row by row. */
  readonly cells: Float32Array;
}

/** Where the sums of the cell lie that a pixel belongs to. */
const sumsAt = (x: number, y: number): number =>
  (Math.floor(y / CELL_SIDE) * CELLS + Math.floor(x / CELL_SIDE)) * CELL_NUMBERS;

/** Grey levels, and sums over them and over colours; a stretch of one row of one cell after the other. */
const lookAtPixels = (rgb: Uint8Array) => {
  const grey = new Float32Array(LOOK_SIDE * LOOK_SIDE);
  const sums = new Float64Array(CELLS * CELLS * CELL_NUMBERS);
  let [black, white] = [0, 0];
  for (let start = 0; start < grey.length; start += CELL_SIDE) {
    let [red, green, blue, squares] = [0, 0, 0, 0];
    for (let i = start; i < start + CELL_SIDE; i++) {
      const r = rgb[3 * i]!;
      const g = rgb[3 * i + 1]!;
      const b = rgb[3 * i + 2]!;
      const level = 0.299 * r + 0.587 * g + 0.114 * b;
      grey[i] = level;
      if (level <= BLACK) black++;
      else if (level >= WHITE) white++;
      red += r;
      green += g;
      blue += b;
      squares += level * level;
    }
    const at = sumsAt(start % LOOK_SIDE, Math.floor(start / LOOK_SIDE));
    sums[at]! += red;
    sums[at + 1]! += green;
    sums[at + 2]! += blue;
    sums[at + 3]! += squares;
  }
  return { grey, sums, black: black / grey.length, white: white / grey.length };
};

/** Laplacian (4 neighbours) and gradient of every pixel that has all neighbours; adds the former's size to `sums`. */
const lookAtEdges = (grey: Float32Array, sums: Float64Array): Pick<PhotoMeasures, "sharpness" | "angle"> => {
  let [sum, squares, along, across, strength] = [0, 0, 0, 0, 0];
  for (let y = 1; y < LOOK_SIDE - 1; y++)
    for (let from = 0; from < LOOK_SIDE; from += CELL_SIDE) {
      const end = y * LOOK_SIDE + Math.min(from + CELL_SIDE, LOOK_SIDE - 1);
      let size = 0;
      for (let i = y * LOOK_SIDE + Math.max(from, 1); i < end; i++) {
        const left = grey[i - 1]!;
        const right = grey[i + 1]!;
        const up = grey[i - LOOK_SIDE]!;
        const down = grey[i + LOOK_SIDE]!;
        const laplacian = 4 * grey[i]! - left - right - up - down;
        const dx = right - left;
        const dy = down - up;
        sum += laplacian;
        squares += laplacian * laplacian;
        size += Math.abs(laplacian);
        along += dx * dx - dy * dy;
        across += dx * dy;
        strength += dx * dx + dy * dy;
      }
      sums[sumsAt(from, y) + 4]! += size;
    }
  const count = (LOOK_SIDE - 2) ** 2;
  return {
    sharpness: squares / count - (sum / count) ** 2,
    angle: strength > 0 ? [along / strength, (2 * across) / strength] : [0, 0],
  };
};

/** Sums of each cell as means and deviations, 0-1. */
const cellsOf = (sums: Float64Array): Float32Array => {
  const count = CELL_SIDE * CELL_SIDE;
  const cells = new Float32Array(sums.length);
  for (let at = 0; at < sums.length; at += CELL_NUMBERS) {
    const [r, g, b] = [sums[at]! / count, sums[at + 1]! / count, sums[at + 2]! / count];
    const mean = 0.299 * r + 0.587 * g + 0.114 * b;
    const deviation = Math.sqrt(Math.max(0, sums[at + 3]! / count - mean * mean));
    cells.set(
      [r, g, b, deviation, sums[at + 4]! / count].map((x) => x / 255),
      at,
    );
  }
  return cells;
};

/**
 * Light, sharpness, colour and layout of one photo.
 *
 * Sharpness is the variance of the Laplacian (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield
 * microscopy"), at one size for all, so that it does not depend on the camera's resolution. It falls with light and
 * contrast too: limits are for photos of one kind.
 *
 * @param rgb  the photo through `LOOK`
 * @param own  size of the photo itself, in pixels
 */
export const measurePhoto = (
  rgb: Uint8Array,
  own: { readonly width: number; readonly height: number },
): PhotoMeasures => {
  const { grey, sums, black, white } = lookAtPixels(rgb);
  const edges = lookAtEdges(grey, sums);
  const cells = cellsOf(sums);
  const mean = [0, 0, 0];
  for (let at = 0; at < cells.length; at += CELL_NUMBERS)
    for (let c = 0; c < 3; c++) mean[c]! += cells[at + c]! / (CELLS * CELLS);
  const [r, g, b] = mean as [number, number, number];
  const brightness = 0.299 * r + 0.587 * g + 0.114 * b;
  let squares = 0;
  for (let at = 3; at < sums.length; at += CELL_NUMBERS) squares += sums[at]! / 255 ** 2;
  const [short, long] = [Math.min(own.width, own.height), Math.max(own.width, own.height)];
  return {
    size: short,
    shape: long / short,
    brightness,
    contrast: Math.sqrt(Math.max(0, squares / grey.length - brightness ** 2)),
    black,
    white,
    ...edges,
    warmth: (r + g) / 2 - b,
    tint: (r + b) / 2 - g,
    cells,
  };
};

/** Whether a cell, by number, is one of the outermost ring. */
export const isBorder = (cell: number): boolean => {
  const [x, y] = [cell % CELLS, Math.floor(cell / CELLS)];
  return x === 0 || y === 0 || x === CELLS - 1 || y === CELLS - 1;
};

/** Numbers of the border's cells, or of the others, in a row. */
export const cellsAt = ({ cells }: PhotoMeasures, where: "border" | "middle"): number[] =>
  [...cells].filter((_, at) => isBorder(Math.floor(at / CELL_NUMBERS)) === (where === "border"));

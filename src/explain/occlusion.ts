import type { HeatMap } from "./heat-map.ts";

export interface OcclusionTask {
  readonly width: number;
  readonly height: number;
  /** Index of the class. */
  readonly target: number;
  /** Patches along the shorter side if they stood edge to edge; default 7. */
  readonly across?: number;
  /** Probabilities of pictures, [pictures][classes]. */
  readonly answer: (pictures: readonly Uint8Array[]) => Promise<readonly (readonly number[])[]>;
}

/** Pictures asked at once. */
const BATCH = 16;
/** Keeps the log-odds of a probability rounded to 1 or 0 finite. */
const LEAST = 1e-6;

const logOddsOf = (probability: number): number => {
  const p = Math.min(Math.max(probability, LEAST), 1 - LEAST);
  return Math.log(p / (1 - p));
};

const meanColour = (pixels: Uint8Array): number[] => {
  const sums = [0, 0, 0];
  pixels.forEach((v, i) => (sums[i % 3]! += v));
  return sums.map((sum) => Math.round((3 * sum) / pixels.length));
};

/** Where one patch lies, in pixels. */
interface Patch {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

const hider = (pixels: Uint8Array, width: number): ((patch: Patch) => Uint8Array) => {
  const colour = meanColour(pixels);
  return ({ left, top, side }) => {
    const out = pixels.slice();
    const bottom = Math.min(top + side, pixels.length / (3 * width));
    for (let y = Math.max(top, 0); y < bottom; y++)
      for (let x = Math.max(left, 0); x < Math.min(left + side, width); x++) out.set(colour, 3 * (y * width + x));
    return out;
  };
};

/** Patches half a side apart, in rows, that cover the picture; each is the middle of one cell of the map. */
const patchesOf = ({ width, height, across = 7 }: OcclusionTask) => {
  const step = Math.max(1, Math.round(Math.min(width, height) / across / 2));
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const patches = Array.from({ length: rows * columns }, (_, i): Patch => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    const middle = (at: number, count: number, length: number): number => ((at + 0.5) * length) / count;
    const from = (at: number): number => Math.round(at - step);
    return { left: from(middle(x, columns, width)), top: from(middle(y, rows, height)), side: 2 * step };
  });
  return { patches, columns, rows };
};

/**
 * Occlusion: by how much the log-odds of the class fall when a patch of the picture is hidden under its mean colour.
 *
 * It asks the model for nothing but answers, so it works for any, some two hundred times a picture. It sees what a
 * single patch can hide: where a thing is known by two parts of which each is enough, none of them shows.
 * Differs from the paper: log-odds instead of the probability, which stands still near 1.
 * @param pixels  preprocessed picture, uint8 RGB [height, width, 3]
 * @see Zeiler & Fergus 2014, section 4.2. https://arxiv.org/abs/1311.2901
 */
export const occlude = async (pixels: Uint8Array, task: OcclusionTask): Promise<HeatMap> => {
  const { patches, columns, rows } = patchesOf(task);
  const [whole] = await task.answer([pixels]);
  const before = logOddsOf(whole![task.target]!);
  const hide = hider(pixels, task.width);
  const drops: number[] = [];
  for (let from = 0; from < patches.length; from += BATCH) {
    const pictures = patches.slice(from, from + BATCH).map(hide);
    for (const row of await task.answer(pictures)) drops.push(Math.max(0, before - logOddsOf(row[task.target]!)));
  }
  return { width: columns, height: rows, data: Float32Array.from(drops) };
};

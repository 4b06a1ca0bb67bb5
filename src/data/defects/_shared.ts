import type { Pixels } from "../../base/preprocess.ts";
import type { Draw } from "../augmentation.ts";
import type { Defective } from "../defect.ts";
import { applyDraws } from "../policy.ts";

/** What both ways of CutPaste draw: where the patch comes from and goes to, how it turns, and its change of colour. */
export const PASTING = {
  fromX: [0, 1],
  fromY: [0, 1],
  toX: [0, 1],
  toY: [0, 1],
  brightness: [0.9, 1.1],
  contrast: [0.9, 1.1],
  saturation: [0.9, 1.1],
  hue: [-36, 36],
} as const;

/** A part of a picture, in pixels. */
interface Patch {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Shortest side of a patch, in pixels: however it is turned, it then covers the middle of a pixel. */
const LEAST = 2;

/** A patch of so many pixels by so many, where it is drawn to come from. */
export const patchOf = (pixels: Pixels, size: Omit<Patch, "left" | "top">, { fromX, fromY }: Draw): Patch => {
  const width = Math.min(pixels.width, Math.max(LEAST, Math.round(size.width)));
  const height = Math.min(pixels.height, Math.max(LEAST, Math.round(size.height)));
  const [left, top] = [Math.round(fromX! * (pixels.width - width)), Math.round(fromY! * (pixels.height - height))];
  return { width, height, left, top };
};

const cut = ({ width, data }: Pixels, patch: Patch): Pixels => {
  const out = new Uint8Array(3 * patch.width * patch.height);
  for (let row = 0; row < patch.height; row++) {
    const from = 3 * ((patch.top + row) * width + patch.left);
    out.set(data.subarray(from, from + 3 * patch.width), 3 * row * patch.width);
  }
  return { width: patch.width, height: patch.height, data: out };
};

const jitter = (pixels: Pixels, { brightness, contrast, saturation, hue }: Draw): Promise<Pixels> =>
  applyDraws(pixels, [
    { augmentation: "brightness", draw: { factor: brightness! } },
    { augmentation: "contrast", draw: { factor: contrast! } },
    { augmentation: "saturation", draw: { factor: saturation! } },
    { augmentation: "hue", draw: { degrees: hue! } },
  ]);

/** Middle of something `size` long in a room: a share of the way from one end to the other, in the middle if too long. */
const middle = (share: number, size: number, room: number): number =>
  size < room ? size / 2 + share * (room - size) : room / 2;

/** A patch of a picture, its colours changed and turned by `degrees`, pasted elsewhere in it. */
export const paste = async (pixels: Pixels, patch: Patch, draw: Draw): Promise<Defective> => {
  const piece = await jitter(cut(pixels, patch), draw);
  const { width, height } = pixels;
  const data = pixels.data.slice();
  const mask = new Uint8Array(width * height);
  const angle = (draw.degrees! * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const across = Math.abs(piece.width * cos) + Math.abs(piece.height * sin);
  const down = Math.abs(piece.width * sin) + Math.abs(piece.height * cos);
  const [x, y] = [middle(draw.toX!, across, width), middle(draw.toY!, down, height)];
  for (let row = Math.max(0, Math.floor(y - down / 2)); row < Math.min(height, y + down / 2); row++)
    for (let column = Math.max(0, Math.floor(x - across / 2)); column < Math.min(width, x + across / 2); column++) {
      // where the middle of this pixel lies in the patch, turned back
      const [u, v] = [column + 0.5 - x, row + 0.5 - y];
      const from = Math.floor(cos * u + sin * v + piece.width / 2);
      const below = Math.floor(cos * v - sin * u + piece.height / 2);
      if (from < 0 || from >= piece.width || below < 0 || below >= piece.height) continue;
      const source = 3 * (below * piece.width + from);
      data.set(piece.data.subarray(source, source + 3), 3 * (row * width + column));
      mask[row * width + column] = 1;
    }
  return { pixels: { width, height, data }, mask };
};

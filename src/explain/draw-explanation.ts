import sharp from "sharp";
import type { Pixels } from "../base/preprocess.ts";
import { pictureGrid } from "../data/picture-grid.ts";
import { cividis } from "./colour-map.ts";

/** Height of the strip below the pictures, and of the bar and the letters in it, in pixels. */
const STRIP = 30;
const BAR = 12;
const LETTER = 7;
const GAP = 6;
/** Room for the word at the end of the scale. */
const MOST = 44;

/** The colours from 0 to the largest, as a bar. */
const bar = (width: number): Pixels => {
  const data = new Uint8Array(3 * width * BAR);
  for (let i = 0; i < width * BAR; i++) data.set(cividis((i % width) / (width - 1)), 3 * i);
  return { width, height: BAR, data };
};

const rawOf = ({ width, height, data }: Pixels) =>
  ({ input: Buffer.from(data.buffer, data.byteOffset, data.length), raw: { width, height, channels: 3 } }) as const;

/** Words as a picture of the strip: `title` from the left, the ends of the scale beside the bar. */
const words = (width: number, title: string, [start, end]: readonly [number, number]): Buffer => {
  const letters = [...title.replace(/\p{Cc}/gu, "\ufffd")];
  const most = Math.floor((start - 2 * GAP - LETTER) / LETTER);
  const shown = letters.length <= most ? title : `${letters.slice(0, most - 1).join("")}…`;
  const text = (x: number, anchor: string, line: string): string => {
    const safe = line.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/\p{Cc}/gu, "\ufffd");
    return `<text x="${x}" y="20" text-anchor="${anchor}">${safe}</text>`;
  };
  const all = [text(GAP, "start", shown), text(start - GAP, "end", "0"), text(end + GAP, "start", "most")];
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${STRIP}" font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif" font-size="11.5" fill="#222">${all.join("")}</svg>`,
  );
};

/**
 * Photo and overlay side by side with the legend below, as a PNG. Where no font is installed the words stay away.
 *
 * @param title  on the left of the legend: what the map is of
 */
export const drawExplanation = async (photo: Pixels, over: Pixels, title: string): Promise<Buffer> => {
  const pictures = pictureGrid([[photo, over]]);
  const { width, height } = pictures;
  const legend = bar(Math.max(2, Math.floor(width / 4)));
  const start = width - MOST - legend.width;
  return sharp({ create: { width, height: height + STRIP, channels: 3, background: "#fff" } })
    .composite([
      { ...rawOf(pictures), left: 0, top: 0 },
      { ...rawOf(legend), left: start, top: height + 10 },
      { input: words(width, title, [start, start + legend.width]), left: 0, top: height },
    ])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
};

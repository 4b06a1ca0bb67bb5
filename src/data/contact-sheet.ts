import sharp, { type OverlayOptions } from "sharp";
import type { Pixels } from "../base/preprocess.ts";

/** Pictures in rows, with captions. */
export interface Sheet {
  /** Captions above the columns; the first column is repeated where the sheet goes on below. */
  readonly columns: readonly string[];
  /** A caption on the left, and one picture a column. */
  readonly rows: readonly { readonly caption: string; readonly pictures: readonly Pixels[] }[];
  /** Longer side of a picture on the sheet, in pixels. */
  readonly side: number;
}

/** Columns beside each other; more go on below. */
const MOST_COLUMNS = 11;
const GAP = 6;
const LINE = 15;
const HEAD = 2 * LINE + GAP;
/** Width of a letter and of the longest caption on the left, in pixels. */
const LETTER = 7;
const MOST_LETTERS = 16;

const shortened = (text: string, most: number): string => {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
};

/** A caption on at most two lines, broken at a hyphen or blank where it is too long for one. */
const linesOf = (text: string, width: number): string[] => {
  const most = Math.floor(width / LETTER);
  if (text.length <= most) return [text];
  const breaks = [...text.matchAll(/[- ]/g)].map(({ index }) => index + 1).filter((at) => at <= most);
  const at = breaks.at(-1) ?? most;
  return [text.slice(0, at).trimEnd(), shortened(text.slice(at), most)];
};

interface Letters {
  readonly x: number;
  /** Of the base line. */
  readonly y: number;
  readonly anchor: "middle" | "end";
  readonly text: string;
}

const svgOf = (width: number, height: number, all: readonly Letters[]): string => {
  const escaped = (text: string): string =>
    text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/\p{Cc}/gu, "\ufffd");
  const texts = all.map(
    ({ x, y, anchor, text }) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(text)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif" font-size="11.5" fill="#222">${texts.join("")}</svg>`;
};

/** A picture for the sheet: its longer side as long as asked. */
const cellOf = ({ width, height, data }: Pixels, side: number): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: "contain", background: "#fff" })
    .png()
    .toBuffer();

/** Which columns stand in each band: the first, and as many of the others as have room. */
const bandsOf = (columns: number): number[][] => {
  const others = Array.from({ length: columns - 1 }, (_, i) => i + 1);
  const bands = Math.max(1, Math.ceil(others.length / (MOST_COLUMNS - 1)));
  const each = Math.ceil(others.length / bands);
  return Array.from({ length: bands }, (_, band) => [0, ...others.slice(band * each, (band + 1) * each)]);
};

interface Placed {
  readonly letters: readonly Letters[];
  readonly pictures: readonly { readonly left: number; readonly top: number; readonly picture: Pixels }[];
  readonly width: number;
  readonly height: number;
}

/** Where all captions and pictures stand. */
const place = ({ columns, rows, side }: Sheet): Placed => {
  const bands = bandsOf(columns.length);
  const longest = Math.max(0, ...rows.map(({ caption }) => shortened(caption, MOST_LETTERS).length));
  const left = GAP + (longest > 0 ? longest * LETTER + GAP : 0);
  const step = side + GAP;
  const band = HEAD + rows.length * step + GAP;
  const letters: Letters[] = [];
  const pictures: { left: number; top: number; picture: Pixels }[] = [];
  bands.forEach((members, at) => {
    const head = GAP + at * band + HEAD;
    members.forEach((column, i) => {
      const lines = linesOf(columns[column]!, step);
      const x = left + i * step;
      lines.forEach((text, line) => {
        const y = head - GAP - (lines.length - 1 - line) * LINE;
        letters.push({ x: x + side / 2, y, anchor: "middle", text });
      });
      rows.forEach((row, r) => pictures.push({ left: x, top: head + r * step, picture: row.pictures[column]! }));
    });
    rows.forEach(({ caption }, r) => {
      const y = head + r * step + side / 2 + LINE / 4;
      letters.push({ x: left - GAP, y, anchor: "end", text: shortened(caption, MOST_LETTERS) });
    });
  });
  return { letters, pictures, width: left + bands[0]!.length * step, height: bands.length * band + GAP };
};

/**
 * Draws pictures in rows and columns with dark captions on white, as a PNG.
 *
 * @returns `isCaptioned` is false where no font is installed and so captions stay away
 */
export const contactSheet = async (sheet: Sheet): Promise<{ readonly png: Buffer; readonly isCaptioned: boolean }> => {
  const { letters, pictures, width, height } = place(sheet);
  const captions = await sharp(Buffer.from(svgOf(width, height, letters)))
    .png()
    .toBuffer();
  const { channels } = await sharp(captions).stats();
  const cells = await Promise.all(
    pictures.map(async ({ left, top, picture }): Promise<OverlayOptions> => ({
      input: await cellOf(picture, sheet.side),
      left,
      top,
    })),
  );
  const png = await sharp({ create: { width, height, channels: 3, background: "#fff" } })
    .composite([...cells, { input: captions, left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .toBuffer();
  return { png, isCaptioned: channels.at(-1)!.max > 0 }; // any letter is not wholly transparent
};

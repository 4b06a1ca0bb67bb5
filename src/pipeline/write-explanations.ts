import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { IntensityWindow, Pixels } from "../base/preprocess.ts";
import { readItem } from "../data/image.ts";
import { scanImages } from "../data/scan.ts";
import { showable } from "../data/showable.ts";
import { cividis } from "../explain/colour-map.ts";
import { drawExplanation } from "../explain/draw-explanation.ts";
import { isFlat } from "../explain/heat-map.ts";
import { overlay } from "../explain/overlay.ts";
import { explainPage, type ExplainedPhoto } from "../report/explain-page.ts";
import { makeThumbnail } from "../report/thumbnails.ts";
import type { Explanation } from "./explain.ts";
import { writeWhole } from "./run-folder.ts";

/** Side of a nearest training photo on the page, in pixels. */
const NEAR_SIDE = 96;
/** Stops of the scale on the page. */
const STOPS = 9;

/** Pixels as the page carries them. */
export const pictureUri = async ({ width, height, data }: Pixels): Promise<string> => {
  const webp = await sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 80 })
    .toBuffer();
  return `data:image/webp;base64,${webp.toString("base64")}`;
};

/** Colours along the scale of maps, as in CSS. */
export const scaleColours = (): string[] =>
  Array.from({ length: STOPS }, (_, i) => `rgb(${cividis(i / (STOPS - 1)).join(",")})`);

/** Photos by their names in a folder, as small pictures through the model's window; null for what is not there. */
export const nearestPictures = async (
  folder: string,
  window?: IntensityWindow,
): Promise<(name: string) => Promise<string | null>> => {
  const items = new Map((await scanImages(folder)).items.map((item) => [item.name, item]));
  return async (name) => {
    const item = items.get(name);
    if (!item) return null;
    const thumbnail = await makeThumbnail(await showable((await readItem(item)).bytes, window), NEAR_SIDE);
    return thumbnail?.uri ?? null;
  };
};

export interface ExplanationWriter {
  /** Writes the picture of one photo, named after it, and keeps it for the page; gives the file's name. */
  add(name: string, explanation: Explanation): Promise<string>;
  /** Writes the page; gives its path. */
  finish(title: string, how: string): Promise<string>;
}

/** A file name for the picture of a photo that no other photo has: "x/nut/1.jpg" -> "nut-1.png", then "nut-1-2.png". */
const freshName = (name: string, taken: Set<string>): string => {
  const [last = "", folder] = name.split(/[\\/]/).reverse();
  const stem = [folder, last.replace(/\.[^.]*$/, "")]
    .filter((part) => part !== undefined && !/^\.*$/.test(part))
    .join("-")
    .replace(/[^\p{L}\p{N}._-]/gu, "_");
  for (let i = 1; ; i++) {
    const file = `${stem || "photo"}${i === 1 ? "" : `-${i}`}.png`;
    if (taken.has(file.toLowerCase())) continue;
    taken.add(file.toLowerCase());
    return file;
  }
};

/** Writes pictures and, in the end, `index.html` into a folder. */
export const createExplanationWriter = async (
  out: string,
  nearestPicture: (name: string) => Promise<string | null>,
): Promise<ExplanationWriter> => {
  await mkdir(out, { recursive: true });
  const taken = new Set<string>();
  const photos: ExplainedPhoto[] = [];
  return {
    add: async (name, { prediction, className, map, photo }) => {
      const over = overlay(photo, map);
      const file = freshName(name, taken);
      await writeWhole(join(out, file), await drawExplanation(photo, over, `what speaks for ${className}`));
      const { label, likeliest, probability, nearest } = prediction;
      photos.push({
        name,
        label,
        likeliest,
        probability,
        className,
        photo: await pictureUri(photo),
        overlay: await pictureUri(over),
        isFlat: isFlat(map),
        nearest: await Promise.all(nearest.map(async (n) => ({ ...n, picture: await nearestPicture(n.name) }))),
      });
      return file;
    },
    finish: async (title, how) => {
      const page = join(out, "index.html");
      await writeWhole(page, explainPage({ title, how, colours: scaleColours(), photos }));
      return page;
    },
  };
};

import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import type { Picture } from "../../pipeline/predict.ts";
import type { Context } from "../command.ts";
import { printable } from "../format.ts";

/** A picture's name as a path from where the person stands. */
const inFolder = (folder: string, name: string): string =>
  folder === "." || folder === "./" ? name : `${folder.replace(/[\\/]+$/, "")}/${name}`;

/** Pictures named on the command line: files, folders (all images inside), "-" for an image on standard input. */
export const gatherPictures = async (images: readonly string[], context: Context): Promise<Picture[]> => {
  const { scanImages } = await import("../../data/scan.ts");
  const { readImageFile } = await import("../../data/image.ts");
  const { picturesOf } = await import("../../pipeline/predict.ts");
  const pictures: Picture[] = [];
  for (const image of images) {
    if (image === "-") {
      const bytes = await context.readStdin();
      pictures.push({ name: "-", read: () => Promise.resolve(bytes) });
      continue;
    }
    const path = isAbsolute(image) ? image : resolve(context.cwd, image);
    const info = await stat(path).catch(() => null);
    if (info?.isDirectory()) {
      const { items, skipped } = await scanImages(path);
      for (const { name, reason } of skipped) context.note(`! ${printable(`${name}: ${reason}`)}`);
      pictures.push(...picturesOf(items).map(({ name, read }) => ({ name: inFolder(image, name), read })));
    } else pictures.push({ name: image, read: async () => readImageFile(path, image) });
  }
  return pictures;
};

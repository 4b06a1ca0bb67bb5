import sharp from "sharp";
import type { IntensityWindow } from "../base/preprocess.ts";
import { decodeImage } from "./image.ts";
import { sniff } from "./sniff.ts";

/**
 * A picture that shows itself without knowing of an intensity window: the bytes as they are, or its pixels through the
 * window as a PNG.
 *
 * @throws as `decodeImage`
 */
export const showable = async (bytes: Buffer, window: IntensityWindow | undefined): Promise<Buffer> => {
  const { format } = sniff(bytes);
  if (!window || format === "jpeg" || format === "webp") return bytes;
  const { width, height, data } = await decodeImage(bytes, { window });
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
};

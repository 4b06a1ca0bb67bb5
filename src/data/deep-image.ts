import sharp from "sharp";
import { dataError } from "../base/errors.ts";
import type { IntensityWindow, Pixels } from "../base/preprocess.ts";
import { greyPixels } from "./grey-pixels.ts";
import { tooLarge } from "./image-faults.ts";
import { toLevels } from "./intensity.ts";
import type { ImageFormat, ImageHeader } from "./sniff.ts";
import type { Volume } from "./volume.ts";

/** A picture of more than 8 bits, of which only the header has been read. */
export interface DeepImage extends ImageHeader {
  /** Pixels or voxels that decoding holds in memory. */
  readonly cost: number;
  /** Plain pixels; of a file of several planes or frames the middle one, and the whole volume beside it. */
  decode(): Promise<{ readonly pixels: Pixels; readonly volume?: Volume }>;
}

interface Limits {
  readonly maxPixels: number;
  readonly window: IntensityWindow | undefined;
}

const openDicom = async (bytes: Uint8Array, { maxPixels, window }: Limits): Promise<DeepImage> => {
  const { readDicomHeader } = await import("./dicom-header.ts");
  const { width, height, frames } = readDicomHeader(bytes, "tags");
  const hint = "Make it smaller first: dcmscale +Sxv 0.5 input.dcm output.dcm";
  if (width * height > maxPixels) throw tooLarge(maxPixels, `${width} x ${height}`, hint);
  return {
    format: "dicom",
    width,
    height,
    frames,
    cost: width * height,
    decode: async () => {
      const { decodeDicom } = await import("./dicom.ts");
      return { pixels: await decodeDicom(bytes, readDicomHeader(bytes), window) };
    },
  };
};

const openNifti = async (bytes: Uint8Array, { maxPixels, window }: Limits): Promise<DeepImage> => {
  const { niftiSize, readNifti, readNiftiHeader } = await import("./nifti.ts");
  const header = readNiftiHeader(bytes, maxPixels);
  const [frames, height, width] = niftiSize(header);
  return {
    format: "nifti",
    width,
    height,
    frames,
    cost: frames * height * width,
    decode: async () => {
      const { middleSlice } = await import("./volume.ts");
      const volume = await readNifti(bytes, header);
      return { pixels: middleSlice(volume, window), volume };
    },
  };
};

/** 16-bit pictures through a stated window: grey, or each colour alike. */
const windowed = async (bytes: Uint8Array, maxPixels: number, window: IntensityWindow): Promise<Pixels> => {
  const image = sharp(bytes, { failOn: "error", limitInputPixels: maxPixels });
  const { space = "" } = await image.metadata();
  const grey = space === "grey16" || space === "b-w";
  const { data, info } = await image
    .autoOrient()
    .toColourspace(grey ? "grey16" : "rgb16")
    .removeAlpha()
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const levels = toLevels(new Uint16Array(data.buffer, data.byteOffset, data.length >> 1), window);
  return info.channels === 1 ? greyPixels(levels, width, height) : { width, height, data: levels };
};

const openWindowed = async (
  bytes: Uint8Array,
  format: "png" | "tiff",
  { maxPixels, window }: Limits & { readonly window: IntensityWindow },
): Promise<DeepImage> => {
  const { autoOrient, depth, pages = 1 } = await sharp(bytes, { limitInputPixels: maxPixels }).metadata();
  if (depth !== "ushort")
    throw dataError("E_IMAGE_DEPTH", `wanted a ${format} of 16 bits for the window, got one of ${depth}`, {
      hint: "Convert it with: magick input -depth 16 output.png",
    });
  const { width, height } = autoOrient;
  const decode = async () => ({ pixels: await windowed(bytes, maxPixels, window) });
  return { format, width, height, frames: pages, cost: width * height, decode };
};

/** The bit depth in a PNG's first chunk. */
const isDeepPng = (bytes: Uint8Array): boolean => bytes[24] === 16;

/**
 * Opens a picture whose intensities need a window: DICOM, NIfTI, and 16-bit PNG and TIFF where one is stated.
 *
 * @returns null for pictures that are decoded as they are
 * @throws as `decodeDicom` and `readNiftiHeader`; E_IMAGE_DEPTH for a TIFF that has not 16 bits
 */
export const openDeep = async (bytes: Uint8Array, format: ImageFormat, limits: Limits): Promise<DeepImage | null> => {
  const { window } = limits;
  if (format === "dicom") return openDicom(bytes, limits);
  if (format === "nifti") return openNifti(bytes, limits);
  if (!window || !(format === "tiff" || (format === "png" && isDeepPng(bytes)))) return null;
  return openWindowed(bytes, format, { ...limits, window });
};

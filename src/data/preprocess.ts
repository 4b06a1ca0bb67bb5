import { dataError } from "../base/errors.ts";
import type { Pixels, Preprocess } from "../base/preprocess.ts";
import { decodeReduced, reducePixels, type Decoded, type DecodeOptions } from "./image.ts";
import { resample, type Window } from "./resample.ts";
import { fitVolume } from "./volume.ts";

/** Where the network's input lies in the resized picture; torchvision's rounding. */
const windowOf = (width: number, height: number, settings: Preprocess): Window => {
  const { height: outHeight, width: outWidth, fit, resizeTo } = settings;
  const at = (resizedWidth: number, resizedHeight: number): Window => ({
    resizedWidth,
    resizedHeight,
    left: Math.round((resizedWidth - outWidth) / 2),
    top: Math.round((resizedHeight - outHeight) / 2),
    width: outWidth,
    height: outHeight,
  });
  if (fit === "squash") return at(outWidth, outHeight);
  const scale = fit === "crop" ? resizeTo / Math.min(width, height) : Math.min(outWidth / width, outHeight / height);
  const round = fit === "crop" ? Math.floor : Math.round;
  // The side that sets the scale comes out exact; 1e-6 keeps the floor off rounding errors.
  return at(Math.max(1, round(width * scale + 1e-6)), Math.max(1, round(height * scale + 1e-6)));
};

/**
 * How many times smaller a picture may be decoded: what is left is at least twice what the network sees,
 * so that the last step of resizing still averages.
 */
export const shrinkFor =
  (settings: Preprocess) =>
  (width: number, height: number): number => {
    const { resizedWidth, resizedHeight } = windowOf(width, height, settings);
    const ratio = Math.min(width / resizedWidth, height / resizedHeight) / 2;
    return ratio < 2 ? 1 : 2 ** Math.floor(Math.log2(ratio));
  };

/** What decoding has to know of the settings. */
export const decodingOf = ({ background, window }: Preprocess): Pick<DecodeOptions, "background" | "window"> => ({
  background,
  window,
});

/**
 * A decoded picture or volume fitted to the network; decoded by `shrinkFor` and `decodingOf` of the same settings.
 *
 * @throws E_NO_VOLUME where the network takes volumes and the file holds a picture
 */
export const fitDecoded = ({ pixels, volume, width, height, format }: Decoded, settings: Preprocess): Uint8Array => {
  if (settings.depth === undefined) return resample(pixels, windowOf(width, height, settings), settings.background);
  if (volume) return fitVolume(volume, settings);
  throw dataError("E_NO_VOLUME", `wanted a volume (NIfTI), got a ${format} picture`, {
    hint: "This network takes volumes; leave pictures out, or convert a DICOM series with: dcm2niix <folder>.",
  });
};

/**
 * An encoded image as network input: decoded, upright, sRGB, resized (triangle filter with antialiasing, as Pillow
 * and torchvision do) and cropped. Normalisation happens inside the model.
 *
 * The one way from file to network, in training, evaluation and serving.
 *
 * @returns bytes of shape `inputShape(settings)`: RGB, or the levels of a volume
 * @throws as `decodeImage`; E_NO_VOLUME
 */
export const preprocessImage = async (
  bytes: Uint8Array,
  settings: Preprocess,
  options: DecodeOptions = {},
): Promise<Uint8Array> =>
  fitDecoded(await decodeReduced(bytes, shrinkFor(settings), { ...options, ...decodingOf(settings) }), settings);

/** The same for pixels already in memory: equal, bit for bit, to going through a lossless file. */
export const preprocessPixels = async (pixels: Pixels, settings: Preprocess): Promise<Uint8Array> => {
  const reduced = await reducePixels(pixels, shrinkFor(settings)(pixels.width, pixels.height));
  return resample(reduced, windowOf(pixels.width, pixels.height, settings), settings.background);
};

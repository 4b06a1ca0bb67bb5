import dicomParser, { type Element } from "dicom-parser";
import sharp from "sharp";
import { dataError, HandfulError, messageOf } from "../base/errors.ts";
import type { DicomHeader } from "./dicom-header.ts";
import { damaged, truncated } from "./image-faults.ts";
import { storedSize } from "./sniff.ts";

/** Samples of one frame, colours interleaved, [height, width, samples]. */
export interface Samples {
  readonly values: ArrayLike<number>;
  /** What three samples mean; of one sample it says nothing. */
  readonly colour: "rgb" | "ybr";
}

const DICOM_UID = "1.2.840.10008.1.2";

/** How the pixels may be stored. */
const NATIVE = ["", ".1", ".2"];
const JPEG = [".4.50", ".4.51"];
const LOSSLESS_JPEG = [".4.57", ".4.70"];
const JPEG_2000 = [".4.90", ".4.91"];

/** Syntaxes that are known and not read, by the ends of their identifiers. */
const FOREIGN: Readonly<Record<string, string>> = {
  ".1.99": "deflated",
  ".4.80": "JPEG-LS",
  ".4.81": "JPEG-LS",
  ".4.92": "JPEG 2000 part 2",
  ".4.93": "JPEG 2000 part 2",
  ".4.100": "MPEG-2 video",
  ".4.101": "MPEG-2 video",
  ".4.102": "MPEG-4 video",
  ".4.103": "MPEG-4 video",
  ".4.201": "high-throughput JPEG 2000",
  ".4.202": "high-throughput JPEG 2000",
  ".4.203": "high-throughput JPEG 2000",
  ".5": "run-length encoded",
};

/** What comes after the part that all syntaxes share; all of another identifier. */
const endOf = (syntax: string): string => (syntax.startsWith(DICOM_UID) ? syntax.slice(DICOM_UID.length) : syntax);

const syntaxError = (syntax: string): HandfulError => {
  const name = FOREIGN[endOf(syntax)];
  return dataError(
    "E_DICOM_SYNTAX",
    `wanted DICOM of a transfer syntax that can be read, got ${name === undefined ? syntax : `${name} (${syntax})`}`,
    { hint: "Uncompress it with: gdcmconv --raw input.dcm output.dcm" },
  );
};

/** A stored number without the bits that do not count, and with its sign. */
const cleaner = ({ bitsStored, highBit, signed }: DicomHeader): ((raw: number) => number) => {
  const [left, right] = [31 - highBit, 32 - bitsStored];
  return signed ? (raw) => (raw << left) >> right : (raw) => (raw << left) >>> right;
};

const cleaned = (raw: ArrayLike<number>, header: DicomHeader): Int32Array => {
  const clean = cleaner(header);
  return Int32Array.from({ length: raw.length }, (_, i) => clean(raw[i]!));
};

/** Little-endian or big-endian words of 8 or 16 bits. */
const wordsOf = (bytes: Uint8Array, bitsAllocated: 8 | 16, bigEndian: boolean): Uint8Array | Uint16Array => {
  if (bitsAllocated === 8) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, !bigEndian));
};

/** Colours that lie plane by plane, interleaved. */
const interleaved = (values: Int32Array, places: number): Int32Array =>
  Int32Array.from({ length: values.length }, (_, i) => values[(i % 3) * places + Math.floor(i / 3)]!);

/** Y Y Cb Cr for two pixels, as Y Cb Cr for each. */
const upsampled = (values: Int32Array, places: number): Int32Array =>
  Int32Array.from({ length: 3 * places }, (_, i) => {
    const [place, sample] = [Math.floor(i / 3), i % 3];
    const pair = 4 * (place >> 1);
    return values[sample === 0 ? pair + (place & 1) : pair + 1 + sample]!;
  });

const colourOf = ({ photometric }: DicomHeader): Samples["colour"] =>
  photometric.startsWith("YBR_FULL") ? "ybr" : "rgb";

const nativeFrame = (bytes: Uint8Array, element: Element, header: DicomHeader, frame: number): Samples => {
  const { width, height, samples, bitsAllocated, syntax, photometric, planar } = header;
  const places = width * height;
  const halved = photometric === "YBR_FULL_422";
  const count = halved ? 2 * places : samples * places;
  const size = (count * bitsAllocated) / 8;
  const start = element.dataOffset + frame * size;
  if (start + size > Math.min(bytes.length, element.dataOffset + element.length))
    throw truncated(`${element.length} bytes of pixels, ${header.frames * size} wanted, dicom`);
  const bigEndian = syntax === `${DICOM_UID}.2`;
  const values = cleaned(wordsOf(bytes.subarray(start, start + size), bitsAllocated, bigEndian), header);
  const colour = colourOf(header);
  if (halved) return { values: upsampled(values, places), colour };
  return { values: samples === 3 && planar ? interleaved(values, places) : values, colour };
};

/** The encoded bytes of one frame. */
const encodedFrame = ({ tags, frames }: DicomHeader, element: Element, frame: number): Uint8Array => {
  const fragments = element.fragments ?? [];
  if (fragments.length === 0) throw truncated("no frame, dicom");
  if (frames === 1) return dicomParser.readEncapsulatedPixelDataFromFragments(tags, element, 0, fragments.length);
  if (fragments.length === frames) return dicomParser.readEncapsulatedPixelDataFromFragments(tags, element, frame, 1);
  const table = element.basicOffsetTable ?? [];
  if (table.length !== frames) throw truncated(`${fragments.length} fragments for ${frames} frames, dicom`);
  return dicomParser.readEncapsulatedImageFrame(tags, element, frame);
};

const sizeFault = (got: { width: number; height: number } | null, { width, height }: DicomHeader): HandfulError =>
  damaged(
    "dicom",
    `a header of ${width} x ${height} pixels, a frame of ${got ? `${got.width} x ${got.height}` : "no size"}`,
  );

const isSize = (got: { width: number; height: number } | null, header: DicomHeader): boolean =>
  got?.width === header.width && got.height === header.height;

const jpegFrame = async (frame: Uint8Array, header: DicomHeader): Promise<Samples> => {
  const { bitsAllocated, samples, width, height } = header;
  const size = storedSize(frame, "jpeg");
  if (!isSize(size, header)) throw sizeFault(size, header);
  if (bitsAllocated !== 8)
    throw dataError("E_DICOM_SYNTAX", "wanted lossy JPEG of 8 bits, got one of 12", {
      hint: "Uncompress it with: gdcmconv --raw input.dcm output.dcm",
    });
  const image = sharp(frame, { failOn: "error", limitInputPixels: width * height });
  const values = await image
    .toColourspace(samples === 1 ? "b-w" : "srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer();
  return { values, colour: "rgb" };
};

const losslessFrame = async (frame: Uint8Array, header: DicomHeader): Promise<Samples> => {
  const size = storedSize(frame, "jpeg");
  if (!isSize(size, header)) throw sizeFault(size, header);
  // the decoder takes what is missing at the end for zeros
  if (!Buffer.from(frame).includes("\xff\xd9", 2, "latin1")) throw truncated(`${frame.length} bytes of a JPEG, dicom`);
  const { Decoder } = await import("jpeg-lossless-decoder-js");
  const own = new Uint8Array(frame); // a buffer of its own
  const raw = new Uint8Array(new Decoder().decompress(own.buffer, 0, own.length));
  const wide = raw.length === 2 * header.width * header.height * header.samples;
  return { values: cleaned(wordsOf(raw, wide ? 16 : 8, false), header), colour: colourOf(header) };
};

/** Width and height in the SIZ segment, which begins every codestream. ISO/IEC 15444-1, A.5.1. */
const codestreamSize = (frame: Uint8Array): { width: number; height: number } | null => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.byteLength < 24 || view.getUint32(0) !== 0xff4fff51) return null;
  return {
    width: view.getUint32(8) - view.getUint32(16),
    height: view.getUint32(12) - view.getUint32(20),
  };
};

const jpeg2000Frame = async (frame: Uint8Array, header: DicomHeader): Promise<Samples> => {
  const size = codestreamSize(frame);
  if (!isSize(size, header)) throw sizeFault(size, header);
  const { default: open } = await import("@cornerstonejs/codec-openjpeg/decodewasmjs");
  const silent = (): void => undefined;
  const { J2KDecoder } = await open({ print: silent, printErr: silent });
  const decoder = new J2KDecoder();
  try {
    decoder.getEncodedBuffer(frame.length).set(frame);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo();
    if (!isSize({ width, height }, header) || componentCount !== header.samples)
      throw truncated(`${frame.length} bytes of a JPEG 2000 frame, dicom`);
    const bytes = new Uint8Array(decoder.getDecodedBuffer()); // the decoder's own memory goes with it
    const words = wordsOf(bytes, bitsPerSample > 8 ? 16 : 8, false);
    if (!isSigned) return { values: cleaned(words, header), colour: "rgb" };
    return { values: bitsPerSample > 8 ? new Int16Array(words) : new Int8Array(words), colour: "rgb" };
  } finally {
    decoder.delete();
  }
};

/**
 * The samples of one frame, as stored.
 *
 * @throws E_DICOM_SYNTAX naming a compression that is not read; E_IMAGE_TRUNCATED, E_IMAGE_DAMAGED
 */
export const readDicomFrame = async (bytes: Uint8Array, header: DicomHeader, frame: number): Promise<Samples> => {
  const element = header.tags.elements.x7fe00010!;
  const end = endOf(header.syntax);
  const decode = JPEG.includes(end)
    ? jpegFrame
    : LOSSLESS_JPEG.includes(end)
      ? losslessFrame
      : JPEG_2000.includes(end)
        ? jpeg2000Frame
        : null;
  try {
    if (NATIVE.includes(end)) return nativeFrame(bytes, element, header, frame);
    if (!decode) throw syntaxError(header.syntax);
    return await decode(encodedFrame(header, element, frame), header);
  } catch (thrown) {
    if (thrown instanceof HandfulError) throw thrown;
    throw damaged("dicom", messageOf(thrown).split("\n")[0]!.slice(0, 100));
  }
};

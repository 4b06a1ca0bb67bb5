import { createRequire } from "node:module";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { losslessJpeg } from "../../test/fixtures/lossless-jpeg.ts";
import { dicomFile, SYNTAX } from "../../test/fixtures/medical.ts";
import { readDicomHeader, readDicomOwner } from "./dicom-header.ts";
import { decodeImage, readHeader } from "./image.ts";
import { sniff } from "./sniff.ts";

const size = [4, 2] as const;
/** 0, 100 … 700. */
const ramp = Uint16Array.from({ length: 8 }, (_, i) => 100 * i);

/** Grey levels of a file; all three channels must agree. */
const levels = async (file: Buffer, options = {}): Promise<number[]> => {
  const { data } = await decodeImage(file, options);
  for (let i = 0; i < data.length; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
  return Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]!);
};

const span = (from: number, to: number) => (x: number) =>
  Math.round(255 * Math.max(0, Math.min(1, (x - from) / (to - from))));

describe("DICOM", () => {
  it("is told by its content, and its header without decoding", async () => {
    const file = dicomFile(size, [ramp]);
    expect(sniff(file)).toEqual({ format: "dicom" });
    expect(await readHeader(file)).toEqual({ format: "dicom", width: 4, height: 2, frames: 1 });
  });

  it("without a window goes from least to greatest", async () =>
    expect(await levels(dicomFile(size, [ramp]))).toEqual([...ramp].map(span(0, 700))));

  it("in implicit little endian reads the same", async () =>
    expect(await levels(dicomFile(size, [ramp], {}, SYNTAX.implicit))).toEqual([...ramp].map(span(0, 700))));

  it("is rescaled, then shown through the window it states, which ends at c - 0.5 ± (w - 1) / 2", async () => {
    const tags = { RescaleSlope: "2", RescaleIntercept: "-1000", WindowCenter: "40", WindowWidth: "400" };
    const wanted = [...ramp].map((x) => span(39.5 - 199.5, 39.5 + 199.5)(2 * x - 1000));
    expect(await levels(dicomFile(size, [ramp], tags))).toEqual(wanted);
  });

  it("goes by the window asked for rather than by its own", async () => {
    const tags = { RescaleSlope: "1", RescaleIntercept: "-100", WindowCenter: "40", WindowWidth: "400" };
    const wanted = [...ramp].map((x) => span(0, 500)(x - 100));
    expect(await levels(dicomFile(size, [ramp], tags), { window: { low: 0, high: 500 } })).toEqual(wanted);
  });

  it("knows exact and sigmoid windows", async () => {
    const tags = { WindowCenter: "350", WindowWidth: "400", VOILUTFunction: "LINEAR_EXACT" };
    expect(await levels(dicomFile(size, [ramp], tags))).toEqual([...ramp].map(span(150, 550)));
    const sigmoid = [...ramp].map((x) => Math.round(255 / (1 + Math.exp((-4 * (x - 350)) / 400))));
    expect(await levels(dicomFile(size, [ramp], { ...tags, VOILUTFunction: "SIGMOID" }))).toEqual(sigmoid);
  });

  it("MONOCHROME1 is turned over: low means white", async () => {
    const file = dicomFile(size, [ramp], { PhotometricInterpretation: "MONOCHROME1" });
    expect(await levels(file)).toEqual([...ramp].map((x) => 255 - span(0, 700)(x)));
  });

  it("reads signed numbers of 12 bits, whatever stands in the other four", async () => {
    const values = [-2048, -1000, -1, 0, 1, 500, 1000, 2047];
    const stored = Uint16Array.from(values, (x) => (x & 0xfff) | 0xa000);
    const file = dicomFile(size, [stored], { BitsStored: 12, HighBit: 11, PixelRepresentation: 1 });
    expect(await levels(file)).toEqual(values.map(span(-2048, 2047)));
  });

  it("leaves padding out of the range and shows it black", async () => {
    const values = Uint16Array.from([65535, 100, 200, 300, 400, 500, 600, 65535]);
    const tags = { PixelPaddingValue: 65535, PhotometricInterpretation: "MONOCHROME1" };
    expect(await levels(dicomFile(size, [values], tags))).toEqual([
      0,
      ...[100, 200, 300, 400, 500, 600].map((x) => 255 - span(100, 600)(x)),
      0,
    ]);
  });

  it("of several frames shows the middle one", async () => {
    const frames = [0, 1, 2].map((k) => Uint16Array.from({ length: 8 }, (_, i) => (i === k ? 1000 : 0)));
    const file = dicomFile(size, frames);
    expect((await readHeader(file)).frames).toBe(3);
    expect(await levels(file)).toEqual([0, 255, 0, 0, 0, 0, 0, 0]);
  });

  it("of functional groups takes the frame's own rescaling and window", async () => {
    const item = (intercept: number) => ({
      PixelValueTransformationSequence: [{ RescaleSlope: "1", RescaleIntercept: String(intercept), RescaleType: "US" }],
      FrameVOILUTSequence: [{ WindowCenter: "50", WindowWidth: "101" }],
    });
    const tags = { PerFrameFunctionalGroupsSequence: [item(0), item(-300), item(0)] };
    const wanted = [...ramp].map((x) => span(-0.5, 99.5)(x - 300));
    expect(await levels(dicomFile(size, [ramp, ramp, ramp], tags))).toEqual(wanted);
  });

  it("reads colours of 8 bits, pixel by pixel and plane by plane", async () => {
    const rgb = Uint8Array.from({ length: 24 }, (_, i) => 10 * i);
    const tags = { BitsAllocated: 8, SamplesPerPixel: 3, PhotometricInterpretation: "RGB", PlanarConfiguration: 0 };
    expect((await decodeImage(dicomFile(size, [rgb], tags))).data).toEqual(rgb);
    const planes = Uint8Array.from(rgb, (_, i) => rgb[3 * (i % 8) + Math.floor(i / 8)]!);
    expect((await decodeImage(dicomFile(size, [planes], { ...tags, PlanarConfiguration: 1 }))).data).toEqual(rgb);
  });

  it("reads luminance and chrominance, whole and halved", async () => {
    const tags = {
      BitsAllocated: 8,
      SamplesPerPixel: 3,
      PhotometricInterpretation: "YBR_FULL",
      PlanarConfiguration: 0,
    };
    // red, by hand: Y = 0.299 · 255, Cb = 128 - 0.168736 · 255, Cr = 128 + 0.5 · 255
    const red = [76, 85, 255];
    const whole = Uint8Array.from({ length: 24 }, (_, i) => red[i % 3]!);
    const { data } = await decodeImage(dicomFile(size, [whole], tags));
    for (let i = 0; i < 24; i += 3) {
      expect(data[i]).toBeGreaterThan(252);
      expect(Math.max(data[i + 1]!, data[i + 2]!)).toBeLessThan(2);
    }
    const halved = Uint8Array.from({ length: 16 }, (_, i) => [76, 76, 85, 255][i % 4]!);
    const file = dicomFile(size, [halved], { ...tags, PhotometricInterpretation: "YBR_FULL_422" });
    expect((await decodeImage(file)).data).toEqual(data);
  });
});

const require = createRequire(import.meta.url);

/** A grey picture of 16 bits in a JPEG 2000 codestream. */
const jpeg2000 = async (values: Uint16Array, [width, height]: readonly [number, number]): Promise<Uint8Array> => {
  // the decoder alone is typed: encoding is for tests
  const open = require("@cornerstonejs/codec-openjpeg/wasmjs") as (s: object) => Promise<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any
  const { J2KEncoder } = await open({ print: () => undefined, printErr: () => undefined });
  const encoder = new J2KEncoder();
  encoder
    .getDecodedBuffer({ width, height, bitsPerSample: 16, componentCount: 1, isSigned: false })
    .set(new Uint8Array(values.buffer));
  encoder.setDecompositions(2);
  encoder.setQuality(true, 0);
  encoder.encode();
  return new Uint8Array(encoder.getEncodedBuffer());
};

describe("compressed DICOM", () => {
  const large = [32, 24] as const;
  const wave = Uint16Array.from({ length: 32 * 24 }, (_, i) => (i * 37) % 4096);

  it("JPEG 2000 without loss reads as it was", async () => {
    const file = dicomFile(large, [await jpeg2000(wave, large)], {}, SYNTAX.jpeg2000);
    expect(await levels(file)).toEqual([...wave].map(span(0, Math.max(...wave))));
    const cut = dicomFile(large, [(await jpeg2000(wave, large)).subarray(0, 300)], {}, SYNTAX.jpeg2000);
    await expect(decodeImage(cut)).rejects.toMatchObject({ code: "E_IMAGE_TRUNCATED" });
  });

  it("lossless JPEG reads as it was, also with a sign, frame by frame", async () => {
    const frames = [wave, wave.toReversed(), wave].map((values) => losslessJpeg(values, ...large));
    const top = Math.max(...wave);
    expect(await levels(dicomFile(large, frames.slice(0, 1), {}, SYNTAX.lossless))).toEqual(
      [...wave].map(span(0, top)),
    );
    expect(await levels(dicomFile(large, frames, {}, SYNTAX.lossless))).toEqual([...wave].map(span(0, top)).reverse());
    const signed = losslessJpeg(
      Uint16Array.from(wave, (x) => x - 2000),
      ...large,
    );
    const file = dicomFile(large, [signed], { PixelRepresentation: 1 }, SYNTAX.lossless);
    expect(await levels(file)).toEqual([...wave].map(span(0, top)));
    await expect(decodeImage(dicomFile(large, [signed.subarray(0, 60)], {}, SYNTAX.lossless))).rejects.toMatchObject({
      code: expect.stringMatching(/^E_IMAGE_(TRUNCATED|DAMAGED)$/) as string,
    });
  });

  it("baseline JPEG reads within its loss, grey and in colour", async () => {
    const grey = Uint8Array.from({ length: 32 * 24 }, (_, i) => 4 * (i % 32) + 50);
    const raw = { width: 32, height: 24, channels: 1 as const };
    const file = await sharp(grey, { raw }).toColourspace("b-w").jpeg({ quality: 100 }).toBuffer();
    const tags = { BitsAllocated: 8, WindowCenter: "128", WindowWidth: "256" };
    const read = await levels(dicomFile(large, [file], tags, SYNTAX.jpeg));
    expect(Math.max(...read.map((level, i) => Math.abs(level - grey[i]!)))).toBeLessThan(4);
    const colour = await sharp({ create: { width: 32, height: 24, channels: 3, background: "#c83214" } })
      .jpeg({ quality: 100 })
      .toBuffer();
    const threes = {
      BitsAllocated: 8,
      SamplesPerPixel: 3,
      PhotometricInterpretation: "YBR_FULL_422",
      PlanarConfiguration: 0,
    };
    const { data } = await decodeImage(dicomFile(large, [colour], threes, SYNTAX.jpeg));
    [200, 50, 20].forEach((level, c) => expect(Math.abs(data[c]! - level)).toBeLessThan(4));
  });

  it("a compression that is not read is refused by name", async () => {
    for (const [syntax, name] of [
      [SYNTAX.jpegLs, "JPEG-LS"],
      [SYNTAX.runLength, "run-length encoded"],
      ["1.2.3.4", "1.2.3.4"],
    ] as const)
      await expect(decodeImage(dicomFile(large, [wave], {}, syntax))).rejects.toMatchObject({
        code: "E_DICOM_SYNTAX",
        message: expect.stringContaining(name) as string,
      });
  });

  it("a frame of another size than the header's is damage, found before it is decoded", async () => {
    const file = dicomFile([64, 24], [await jpeg2000(wave, large)], {}, SYNTAX.jpeg2000);
    await expect(decodeImage(file)).rejects.toMatchObject({
      code: "E_IMAGE_DAMAGED",
      message: expect.stringContaining("a header of 64 x 24 pixels, a frame of 32 x 24") as string,
    });
  });
});

describe("DICOM that is no picture", () => {
  it("cut off anywhere is refused as cut off or damaged, never read as less", async () => {
    const file = dicomFile([32, 24], [new Uint16Array(32 * 24)]);
    for (let end = 132; end < file.length; end += 7)
      await expect(decodeImage(file.subarray(0, end))).rejects.toMatchObject({
        code: expect.stringMatching(/^E_(IMAGE_TRUNCATED|IMAGE_DAMAGED|DICOM_PIXELS)$/) as string,
      });
    await expect(decodeImage(file.subarray(0, file.length - 2))).rejects.toMatchObject({ code: "E_IMAGE_TRUNCATED" });
  });

  it("larger than allowed is refused before its pixels are read", async () => {
    const file = dicomFile([32, 24], [new Uint16Array(32 * 24)]);
    await expect(decodeImage(file, { maxPixels: 100 })).rejects.toMatchObject({ code: "E_IMAGE_TOO_LARGE" });
  });

  it("of kinds that are not read is refused by what it is", async () => {
    const palette = dicomFile([4, 2], [ramp], { PhotometricInterpretation: "PALETTE COLOR" });
    await expect(decodeImage(palette)).rejects.toMatchObject({
      code: "E_DICOM_PIXELS",
      message: expect.stringContaining("PALETTE COLOR") as string,
    });
  });
});

describe("the owner of a DICOM picture", () => {
  it("is the patient, else the study", () => {
    const study = "1.2.3";
    expect(readDicomOwner(dicomFile(size, [ramp], { PatientID: "P-1", StudyInstanceUID: study }))).toBe("patient P-1");
    expect(readDicomOwner(dicomFile(size, [ramp], { PatientID: "", StudyInstanceUID: study }))).toBe("study 1.2.3");
    expect(readDicomOwner(dicomFile(size, [ramp]))).toBeNull();
  });

  it("stands in no error", () => {
    const file = dicomFile(size, [ramp], { PatientID: "SECRET", PatientName: "SECRET^NAME" });
    for (let end = 140; end < file.length; end += 11)
      try {
        readDicomHeader(file.subarray(0, end));
      } catch (thrown) {
        const { message, cause } = thrown as Error;
        expect(message).not.toContain("SECRET");
        expect(cause).toBeUndefined();
      }
  });
});

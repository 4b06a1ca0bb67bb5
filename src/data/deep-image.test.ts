import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { dicomFile, tiffFile } from "../../test/fixtures/medical.ts";
import { decodeImage, readHeader } from "./image.ts";
import { preprocessImage } from "./preprocess.ts";
import { showable } from "./showable.ts";

const ramp = Uint16Array.from({ length: 8 }, (_, i) => 500 * i);
const raw = { width: 4, height: 2, channels: 1 as const };
const png16 = () => sharp(ramp, { raw }).toColourspace("grey16").png().toBuffer();
const window = { low: 1000, high: 3000 };
const wanted = [...ramp].map((x) => Math.round(255 * Math.max(0, Math.min(1, (x - 1000) / 2000))));

const reds = (data: Uint8Array): number[] => Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]!);

describe("a picture of 16 bits", () => {
  it("is shown through the stated window, as PNG and as TIFF of either byte order", async () => {
    expect(reds((await decodeImage(await png16(), { window })).data)).toEqual(wanted);
    for (const littleEndian of [true, false])
      expect(reds((await decodeImage(tiffFile(4, 2, ramp, littleEndian), { window })).data)).toEqual(wanted);
    expect(await readHeader(tiffFile(4, 2, ramp), { window })).toEqual({
      format: "tiff",
      width: 4,
      height: 2,
      frames: 1,
    });
  });

  it("has its colours shown alike", async () => {
    const rgb = Uint16Array.from({ length: 24 }, (_, i) => 150 * i);
    const file = await sharp(rgb, { raw: { ...raw, channels: 3 } })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect([...(await decodeImage(file, { window })).data]).toEqual(
      [...rgb].map((x) => Math.round(255 * Math.max(0, Math.min(1, (x - 1000) / 2000)))),
    );
  });

  it("without a window is as before: the upper 8 bits of a PNG, no TIFF", async () => {
    expect(reds((await decodeImage(await png16())).data)).toEqual([...ramp].map((x) => x >> 8));
    await expect(decodeImage(tiffFile(4, 2, ramp))).rejects.toMatchObject({
      code: "E_IMAGE_FORMAT",
      hint: expect.stringContaining("--window low,high") as string,
    });
  });

  it("cut off is refused", async () => {
    const file = tiffFile(4, 2, ramp);
    await expect(decodeImage(file.subarray(0, file.length - 5), { window })).rejects.toMatchObject({ kind: "data" });
    const png = await png16();
    await expect(decodeImage(png.subarray(0, png.length - 20), { window })).rejects.toMatchObject({ kind: "data" });
  });

  it("comes to the network through the settings' window", async () => {
    const size = { height: 2, width: 4, fit: "squash", resizeTo: 4, background: [0, 0, 0] } as const;
    const settings = { ...size, channels: "RGB", mean: [0, 0, 0], std: [1, 1, 1], window } as const;
    expect(reds(await preprocessImage(await png16(), settings))).toEqual(wanted);
    await expect(preprocessImage(await png16(), { ...settings, depth: 4 })).rejects.toMatchObject({
      code: "E_NO_VOLUME",
    });
  });
});

it("pictures of 8 bits do not mind a window", async () => {
  const file = await sharp(Buffer.from([0, 50, 100, 150, 200, 250, 0, 50]), { raw })
    .png()
    .toBuffer();
  expect((await decodeImage(file, { window })).data).toEqual((await decodeImage(file)).data);
  const tiff = await sharp(file).tiff().toBuffer();
  await expect(decodeImage(tiff, { window })).rejects.toMatchObject({ code: "E_IMAGE_DEPTH" });
});

it("a picture for people is its pixels through the window, and nothing else of the file", async () => {
  const file = dicomFile([4, 2], [ramp], { PatientName: "DOE^JANE" });
  const shown = await showable(file, window);
  expect(reds((await decodeImage(shown)).data)).toEqual(wanted);
  expect(shown.includes("DOE")).toBe(false);
  expect(await showable(file, undefined)).toBe(file);
});

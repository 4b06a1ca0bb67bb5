import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { HandfulError } from "../../src/base/errors.ts";
import { createRandom } from "../../src/base/random.ts";
import { auditDataset } from "../../src/data/audit.ts";
import { decodeImage, readHeader, readItem } from "../../src/data/image.ts";
import { preprocessImage, preprocessPixels } from "../../src/data/preprocess.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { makeThumbnail } from "../../src/data/thumbnail.ts";
import { compressed, niftiFile } from "../fixtures/medical.ts";
import {
  chunk,
  failure,
  jpeg,
  picture,
  png,
  put,
  settings,
  temporaryFolder,
  toSharp,
  webp,
  withChunk,
} from "./data-fixtures.ts";

const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0) / a.length;
const maxDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

describe("case 1: a cut-off image", () => {
  it("is refused as cut off, and a scan goes on without it", async () => {
    const whole = await jpeg(1);
    for (const file of [await jpeg(1), await png(1), await webp(1)])
      expect((await failure(decodeImage(file.subarray(0, file.length / 2)))).code).toBe("E_IMAGE_TRUNCATED");
    expect((await failure(decodeImage(whole.subarray(0, -2)))).code).toBe("E_IMAGE_TRUNCATED");
    const folder = temporaryFolder();
    put(folder, "a/whole.jpg", whole);
    put(folder, "a/cut.jpg", whole.subarray(0, whole.length / 2));
    put(folder, "b/other.jpg", await jpeg(2));
    const dataset = await scanDataset(folder);
    const audit = await auditDataset(dataset);
    expect(audit.unreadable.map(({ name, code }) => [name, code])).toEqual([["a/cut.jpg", "E_IMAGE_TRUNCATED"]]);
    expect(audit.facts.map((fact) => fact !== null)).toEqual([false, true, true]);
  });

  it("never decodes silently and never crashes, wherever it is cut", async () => {
    const files = [await jpeg(1), await png(1), await webp(1)];
    const random = createRandom("cuts");
    for (let i = 0; i < 1000; i++) {
      const file = files[i % 3]!;
      const cut = file.subarray(0, random.integer(file.length - 4));
      const { code } = await failure(decodeImage(cut));
      expect(["E_IMAGE_TRUNCATED", "E_IMAGE_EMPTY", "E_IMAGE_FORMAT", "E_IMAGE_DAMAGED"]).toContain(code);
      if (cut.length > 100) expect(code).toBe("E_IMAGE_TRUNCATED");
    }
  });
});

it("case 2: a flipped bit that still decodes is found by its hash", async () => {
  const folder = temporaryFolder();
  const file = await jpeg(3);
  const path = Buffer.from(put(folder, "x.jpg", file));
  const { sha256 } = await readItem({ path, name: "x.jpg" });
  const flipped = Buffer.from(file);
  for (let i = 0; i < 20; i++) flipped[Math.floor(file.length / 2) + 3 * i]! ^= 0x10;
  put(folder, "x.jpg", flipped);
  const error = await failure(readItem({ path, name: "x.jpg" }, sha256));
  expect(error.code).toBe("E_FILE_CHANGED");
  expect(error.message).toContain("x.jpg");
});

it("gives pixels whose copies are copies", async () => {
  const raw = { width: 2, height: 1, channels: 3 as const };
  const { data } = await decodeImage(
    await sharp(Uint8Array.of(1, 2, 3, 4, 5, 6), { raw })
      .png()
      .toBuffer(),
  );
  data.slice().fill(9);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
});

it("case 3: a file of no bytes is named as such", async () => {
  expect((await failure(decodeImage(new Uint8Array(0)))).code).toBe("E_IMAGE_EMPTY");
});

it("case 4: a web page saved as .jpg is named as a web page", async () => {
  for (const page of [
    "<!DOCTYPE html><html>404</html>",
    "\ufeff\n<html><body>Not found",
    "<!-- x --><!doctype HTML>",
  ]) {
    const { code, message, hint } = await failure(decodeImage(Buffer.from(page)));
    expect([code, message]).toEqual(["E_IMAGE_FORMAT", "wanted a JPEG, PNG or WebP image, got an HTML page"]);
    expect(hint).toContain("error page");
  }
  expect((await failure(decodeImage(Buffer.from('{"error": "rate limit"}')))).message).toContain("a JSON document");
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
  expect((await failure(decodeImage(Buffer.from(pointer)))).hint).toContain("git lfs pull");
});

it("case 5: content counts, not the suffix, and a scan says so once", async () => {
  const folder = temporaryFolder();
  for (const i of [0, 1, 2, 3, 4]) put(folder, `a/${i}.jpg`, await png(i));
  put(folder, "b/x.png", await png(9));
  const audit = await auditDataset(await scanDataset(folder));
  expect(audit.unreadable).toEqual([]);
  const warnings = audit.warnings.filter(({ code }) => code === "W_EXTENSION");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]!.message).toMatch(/^5 images named as another format.*a\/0\.jpg, a\/1\.jpg, a\/2\.jpg, \.\.\.$/);
});

describe("case 9: SVG", () => {
  const open =
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="32000" height="32000">';
  const fixtures = (target: string): Record<string, string> => ({
    script: `${open}<script>alert(1)</script></svg>`,
    "external entity": `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://${target}">]>${open}<text>&x;</text></svg>`,
    href: `<!-- hello -->\n${open}<image xlink:href="file://${target}" width="9" height="9"/></svg>`,
    "billion laughs": `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${open}<text>&b;</text></svg>`,
  });

  it("is refused by content, and what it points to is never opened", async () => {
    // Whoever opened a pipe to which nobody writes would hang here.
    const target = join(temporaryFolder(), "pipe");
    execFileSync("mkfifo", [target]);
    for (const [name, svg] of Object.entries(fixtures(target))) {
      for (const make of [
        (): Promise<unknown> => decodeImage(Buffer.from(svg)),
        (): Promise<unknown> => makeThumbnail(Buffer.from(svg), 64),
      ]) {
        const { code, message } = await failure(make());
        expect([name, code]).toEqual([name, "E_IMAGE_FORMAT"]);
        expect(message).toContain("an SVG");
      }
    }
  });
});

describe("case 10: animations", () => {
  it("gives the first frame and says so", async () => {
    const frames = [picture(1), picture(2)].map(({ data }) => data);
    const stacked = { raw: { width: 144, height: 288, channels: 3 as const, pageHeight: 144 } };
    const animated = await sharp(Buffer.concat(frames), stacked)
      .webp({ lossless: true, delay: [100, 100] })
      .toBuffer();
    expect(await readHeader(animated)).toEqual({ format: "webp", width: 144, height: 144, frames: 2 });
    expect(maxDifference((await decodeImage(animated)).data, frames[0]!)).toBe(0);
    const control = Buffer.from([0, 0, 0, 7, 0, 0, 0, 0]);
    const apng = withChunk(await png(1), "acTL", control);
    expect((await readHeader(apng)).frames).toBe(7);
    expect(maxDifference((await decodeImage(apng)).data, frames[0]!)).toBe(0);
    const folder = temporaryFolder();
    put(folder, "a/1.webp", animated);
    put(folder, "a/2.png", apng);
    const { warnings } = await auditDataset(await scanDataset(folder));
    expect(warnings.map(({ message }) => message).join()).toContain(
      "2 images animated, of which the first frame is used: a/1.webp, a/2.png",
    );
  });

  it("refuses GIF with a way to convert it", async () => {
    const gif = await toSharp(picture(1)).gif().toBuffer();
    const { code, message, hint } = await failure(decodeImage(gif));
    expect([code, message]).toEqual(["E_IMAGE_FORMAT", "wanted a JPEG, PNG or WebP image, got a GIF"]);
    expect(hint).toContain("input.gif[0]");
  });
});

describe("case 11: kinds of pixels", () => {
  const grey = (): Sharp => toSharp(picture(5)).toColourspace("b-w");

  it("all come out as three channels of 8 bits", async () => {
    const greys = await grey().raw().toBuffer();
    const wanted = Buffer.from(Array.from(greys, (level) => [level, level, level]).flat());
    const asColour = { raw: { width: 144, height: 144, channels: 3 as const } };
    const wide = Uint16Array.from(Array.from(greys), (level) => level * 257);
    const raw16 = sharp(wide, { raw: { width: 144, height: 144, channels: 1 } });
    const lossless: Record<string, Buffer> = {
      grey: await grey().png().toBuffer(),
      "grey + alpha": await grey().ensureAlpha().png().toBuffer(),
      "16 bits": await raw16.toColourspace("grey16").png().toBuffer(),
      palette: await grey().png({ palette: true, colours: 256, dither: 0 }).toBuffer(),
      RGBA: await sharp(wanted, asColour).ensureAlpha().png().toBuffer(),
      "lossless WebP": await grey().webp({ lossless: true }).toBuffer(),
    };
    const digest = createHash("sha256").update(wanted).digest("hex");
    for (const [name, file] of Object.entries(lossless)) {
      const { width, height, data } = await decodeImage(file);
      expect([name, width, height, data.length]).toEqual([name, 144, 144, 144 * 144 * 3]);
      // A palette of 256 may merge two neighbouring levels.
      if (name === "palette") expect(maxDifference(data, wanted)).toBeLessThanOrEqual(2);
      else expect([name, createHash("sha256").update(data).digest("hex")]).toEqual([name, digest]);
    }
    expect((await sharp(lossless["16 bits"]!).metadata()).depth).toBe("ushort");
  });

  it("CMYK with and without profile, and 1 bit, keep their look", async () => {
    const colour = toSharp(picture(5));
    const profiled = await colour.clone().toColourspace("cmyk").withIccProfile("cmyk").jpeg({ quality: 95 }).toBuffer();
    const bare = await colour.clone().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
    for (const file of [profiled, bare]) {
      expect((await sharp(file).metadata()).space).toBe("cmyk");
      const { data } = await decodeImage(file);
      expect(data.length).toBe(144 * 144 * 3);
      expect(meanDifference(data, picture(5).data)).toBeLessThan(25);
    }
    const bits = await grey().threshold(128).png({ palette: true, colours: 2 }).toBuffer();
    expect((await sharp(bits).metadata()).bitsPerSample).toBe(1);
    expect(new Set((await decodeImage(bits)).data)).toEqual(new Set([0, 255]));
  });
});

it("case 12: transparent parts show the declared background, the same for file and pixels", async () => {
  const data = Buffer.alloc(64 * 64 * 4);
  for (let i = 0; i < 64 * 64; i++) data.set(i % 64 < 32 ? [255, 0, 0, 0] : [0, 0, 255, 128], 4 * i);
  const file = await sharp(data, { raw: { width: 64, height: 64, channels: 4 } })
    .png()
    .toBuffer();
  const background = [0, 200, 100] as const;
  const flat = await decodeImage(file, { background });
  expect([...flat.data.subarray(0, 3)]).toEqual([0, 200, 100]);
  const half = [...flat.data.subarray(63 * 3, 64 * 3)];
  [0, 100, 178].forEach((level, c) => expect(Math.abs(half[c]! - level)).toBeLessThanOrEqual(1));
  const plain = { ...settings, background };
  expect(maxDifference(await preprocessImage(file, plain), await preprocessPixels(flat, plain))).toBe(0);
});

describe("case 13: EXIF orientations 1 to 8", () => {
  // Undoes each orientation, so that the stored picture differs and the seen one does not.
  const turn = async (file: Buffer, angle: number): Promise<Buffer> => sharp(file).rotate(angle).png().toBuffer();
  const mirror = async (file: Buffer): Promise<Buffer> => sharp(file).flop().png().toBuffer();
  const stored: Record<number, (file: Buffer) => Promise<Buffer>> = {
    1: async (file) => file,
    2: mirror,
    3: (file) => turn(file, 180),
    4: async (file) => mirror(await turn(file, 180)),
    5: async (file) => mirror(await turn(file, 90)),
    6: (file) => turn(file, 270),
    7: async (file) => mirror(await turn(file, 270)),
    8: (file) => turn(file, 90),
  };
  const scene = async (width: number, height: number): Promise<Buffer> =>
    toSharp(picture(7))
      .extract({ left: 0, top: 0, width: 144, height: 100 })
      .resize(width, height, { fit: "fill" })
      .png()
      .toBuffer();

  for (const [kind, width, height] of [
    ["small", 288, 200],
    ["large enough to be shrunk while decoding", 1512, 1050],
  ] as const)
    it(`give the same pixels: ${kind}`, async () => {
      const seen = await scene(width, height);
      const wanted = await preprocessImage(seen, settings);
      const size = { width, height };
      for (const [orientation, store] of Object.entries(stored)) {
        const turned = sharp(await store(seen)).withMetadata({
          orientation: Number(orientation),
        });
        const lossless = await turned.clone().png({ compressionLevel: 1 }).toBuffer();
        expect([orientation, await readHeader(lossless)]).toMatchObject([orientation, size]);
        expect([orientation, maxDifference(await preprocessImage(lossless, settings), wanted)]).toEqual([
          orientation,
          expect.toBeOneOf([0, 1]),
        ]);
        const lossy = await turned.clone().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
        expect(meanDifference(await preprocessImage(lossy, settings), wanted)).toBeLessThan(1.5);
      }
    });
});

it("case 14: one pixel, strips and oblongs are resized by policy, and strips are named", async () => {
  const folder = temporaryFolder();
  for (const [width, height] of [
    [1, 1],
    [1, 10_000],
    [10_000, 1],
    [300, 200],
    [7, 11],
  ] as const) {
    const file = await sharp({ create: { width, height, channels: 3, background: "#4080c0" } })
      .png()
      .toBuffer();
    put(folder, `a/${width}x${height}.png`, file);
    for (const fit of ["crop", "squash", "pad"] as const) {
      const input = await preprocessImage(file, { ...settings, fit });
      expect(input.length).toBe(224 * 224 * 3);
      const centre = (111 * 224 + 111) * 3;
      expect([width, height, fit, ...input.subarray(centre, centre + 3)]).toEqual([
        width,
        height,
        fit,
        0x40,
        0x80,
        0xc0,
      ]);
    }
  }
  const dataset = await scanDataset(folder);
  const { oddSizes } = await auditDataset(dataset);
  expect(oddSizes.map(({ index, reason }) => [dataset.items[index]!.name, reason])).toEqual([
    ["a/10000x1.png", "10000 x 1 pixels: longer than 20 to 1"],
    ["a/1x1.png", "1 x 1 pixels: tiny"],
    ["a/1x10000.png", "1 x 10000 pixels: longer than 20 to 1"],
    ["a/7x11.png", "7 x 11 pixels: tiny"],
  ]);
});

it("case 15: foreign formats are named, each with a way to convert it", async () => {
  const box = (brand: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}\0\0\0\0${brand}`), Buffer.alloc(64)]);
  const files: Record<string, Buffer> = {
    "a HEIC/HEIF": box("heic"),
    "an AVIF": box("avif"),
    "a TIFF (or camera raw)": await toSharp(picture(1)).tiff().toBuffer(),
    "a BMP": Buffer.concat([Buffer.from("BM"), Buffer.from([54, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0]), Buffer.alloc(64)]),
    "an icon (ICO)": Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0, 16, 16]), Buffer.alloc(64)]),
    "a Photoshop file (PSD)": Buffer.from("8BPS\0\x01"),
    "a PDF": Buffer.from("%PDF-1.7\n"),
    "a JPEG XL": Buffer.from([0xff, 0x0a, 0, 0]),
    "a JPEG 2000": Buffer.from([0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20, 0x0d, 0x0a]),
    "a video (MP4/MOV)": box("isom"),
  };
  for (const [what, file] of Object.entries(files)) {
    const { code, message, hint } = await failure(decodeImage(file));
    expect([code, message]).toEqual(["E_IMAGE_FORMAT", `wanted a JPEG, PNG or WebP image, got ${what}`]);
    expect(hint).toMatch(/Convert it with: |Extract/);
  }
});

it("case 15: DICOM and NIfTI are told by content, and refused where they are cut off", async () => {
  const dicom = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);
  expect((await failure(decodeImage(dicom))).code).toBe("E_IMAGE_DAMAGED");
  const nifti = niftiFile(
    [16, 16, 4],
    Int16Array.from({ length: 1024 }, (_, i) => (i * 7919) % 30011),
  );
  for (const file of [nifti, compressed(nifti)]) {
    expect((await decodeImage(file)).width).toBe(16);
    expect((await failure(decodeImage(file.subarray(0, file.length - 300)))).code).toBe("E_IMAGE_TRUNCATED");
  }
});

it("case 16: what is hung on behind an image is neither used nor passed on", async () => {
  const file = await jpeg(4);
  const tail = "<script>alert('polyglot')</script>PK\x03\x04";
  const polyglot = Buffer.concat([file, Buffer.from(tail)]);
  expect(maxDifference((await decodeImage(polyglot)).data, (await decodeImage(file)).data)).toBe(0);
  const { bytes, width } = await makeThumbnail(polyglot, 96);
  expect(width).toBe(96);
  expect(bytes.includes("polyglot")).toBe(false);
});

it("case 18: places and embedded previews do not get into what is shown", async () => {
  const exif = { IFD0: { Copyright: "SECRET-OWNER" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 0/1" } };
  const file = await toSharp(picture(4))
    .withExif(exif)
    .withXmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET-XMP</x:xmpmeta>")
    .jpeg()
    .toBuffer();
  expect(file.includes("SECRET-OWNER")).toBe(true);
  const { bytes } = await makeThumbnail(file, 128);
  expect(["Exif", "GPS", "SECRET-OWNER", "SECRET-XMP", "EXIF", "XMP "].filter((word) => bytes.includes(word))).toEqual(
    [],
  );
  expect(await sharp(bytes).metadata()).not.toHaveProperty("exif");
});

it("errors about images are the data's, never ours", async () => {
  const damaged = Buffer.concat([
    (await png(1)).subarray(0, 33),
    chunk("IDAT", Buffer.from("nonsense")),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  const error = await failure(decodeImage(damaged));
  expect(error).toBeInstanceOf(HandfulError);
  expect([error.kind, error.code]).toEqual(["data", "E_IMAGE_DAMAGED"]);
});

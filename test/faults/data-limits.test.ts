import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage, readHeader } from "../../src/data/image.ts";
import { preprocessImage } from "../../src/data/preprocess.ts";
import {
  blackPng,
  failure,
  inChild,
  jpeg,
  png,
  put,
  settings,
  temporaryFolder,
  webp,
  withChunk,
} from "./data-fixtures.ts";

const MEGABYTE = 2 ** 20;

it("case 6: a picture of 50 000 x 50 000 pixels is refused before decoding", async () => {
  const bomb = await blackPng(50_000, 50_000, 1);
  expect(bomb.length).toBeLessThan(400_000);
  await failure(preprocessImage(bomb.subarray(0, 33), settings));
  const [rss, start] = [process.memoryUsage.rss(), performance.now()];
  const errors = await Promise.all(Array.from({ length: 20 }, () => failure(preprocessImage(bomb, settings))));
  expect(performance.now() - start).toBeLessThan(50);
  expect(process.memoryUsage.rss() - rss).toBeLessThan(50 * MEGABYTE);
  for (const { code } of errors) expect(code).toBe("E_IMAGE_TOO_LARGE");
  expect(errors[0]!.message).toBe("wanted at most 64 megapixels, got 50000 x 50000");
  expect((await failure(readHeader(bomb))).code).toBe("E_IMAGE_TOO_LARGE");
  expect((await failure(decodeImage(await jpeg(1), { maxPixels: 1000 }))).code).toBe("E_IMAGE_TOO_LARGE");
});

/** Highest memory of the child and how long it took, printed as JSON by its code. */
interface Cost {
  readonly peakMb: number;
  readonly outcome: unknown;
}

const costOf = (code: string): Promise<Cost> =>
  inChild(
    `${code}; console.log(JSON.stringify({ peakMb: process.resourceUsage().maxRSS / 1024, outcome }));`,
  ) as Promise<Cost>;

it("case 7: 32 pictures of 64 megapixels at once stay within the memory of a few", async () => {
  const folder = temporaryFolder();
  const path = put(folder, "large.png", await blackPng(8000, 8000, 8));
  const { peakMb, outcome } = await costOf(`
    import { readFileSync } from "node:fs";
    import { preprocessImage } from "data:preprocess.ts";
    import { createPixelBudget } from "data:pixel-budget.ts";
    const bytes = readFileSync(${JSON.stringify(path)});
    const options = { budget: createPixelBudget() };
    const all = await Promise.all(Array.from({ length: 32 }, () => preprocessImage(bytes, ${JSON.stringify(settings)}, options)));
    const outcome = all.filter((input) => input.length === 224 * 224 * 3).length;`);
  expect(outcome).toBe(32);
  expect(peakMb).toBeLessThan(400);
}, 120_000);

it("case 7: large progressive JPEGs one after the other leave no decoders behind", async () => {
  const folder = temporaryFolder();
  const create = { width: 8000, height: 8000, channels: 3 as const, background: "#123456" };
  const path = put(folder, "large.jpg", await sharp({ create }).jpeg({ progressive: true }).toBuffer());
  const { peakMb } = await costOf(`
    import { readFileSync } from "node:fs";
    import { preprocessImage } from "data:preprocess.ts";
    const bytes = readFileSync(${JSON.stringify(path)});
    let outcome = 0;
    for (; outcome < 5; outcome++) await preprocessImage(bytes, ${JSON.stringify(settings)});`);
  expect(peakMb).toBeLessThan(500);
}, 120_000);

it("case 7: predict decodes within the same memory, however many pictures it is given", async () => {
  const folder = temporaryFolder();
  const create = { width: 8000, height: 8000, channels: 3 as const, background: "#123456" };
  const path = put(folder, "large.jpg", await sharp({ create }).jpeg({ progressive: true }).toBuffer());
  const { peakMb, outcome } = await costOf(`
    import { readFileSync } from "node:fs";
    import { predictPictures } from ${JSON.stringify(join(import.meta.dirname, "../../src/pipeline/predict.ts"))};
    const bytes = readFileSync(${JSON.stringify(path)});
    const model = { preprocess: ${JSON.stringify(settings)}, predict: async (pictures) => pictures.map(() => ({})) };
    const pictures = Array.from({ length: 6 }, (_, i) => ({ name: String(i), read: async () => bytes }));
    let outcome = 0;
    for await (const answer of predictPictures(model, pictures)) outcome += "prediction" in answer;`);
  expect(outcome).toBe(6);
  expect(peakMb).toBeLessThan(500); // four at once would take 850
}, 120_000);

it("case 8: a PNG whose text or profile swells a thousandfold costs no memory", async () => {
  const folder = temporaryFolder();
  const swollen = deflateSync(Buffer.alloc(60 * MEGABYTE), { level: 9 });
  const named = Buffer.concat([Buffer.from("x\0\0"), swollen]);
  const files = await Promise.all(
    ["zTXt", "iCCP"].map(async (type) => put(folder, `${type}.png`, withChunk(await png(1), type, named))),
  );
  const baseline = put(folder, "plain.png", await png(1));
  const code = (path: string): string => `
    import { readFileSync } from "node:fs";
    import { preprocessImage } from "data:preprocess.ts";
    const outcome = await preprocessImage(readFileSync(${JSON.stringify(path)}), ${JSON.stringify(settings)}).then(() => "decoded", ({ code }) => code)`;
  const plain = await costOf(code(baseline));
  for (const file of files) {
    const { peakMb, outcome } = await costOf(code(file));
    expect(["decoded", "E_IMAGE_DAMAGED"]).toContain(outcome);
    expect(peakMb - plain.peakMb).toBeLessThan(100);
  }
});

describe("case 17: mutations", () => {
  it("1 000 mutated files: no crash, none over 2 s, memory bounded", async () => {
    const folder = temporaryFolder();
    const files = [await jpeg(1), await png(2), await webp(3)];
    const paths = files.map((file, i) => put(folder, `${i}`, file));
    const { peakMb, outcome } = await costOf(`
      import { readFileSync } from "node:fs";
      import { createRandom } from ${JSON.stringify(join(import.meta.dirname, "../../src/base/random.ts"))};
      import { preprocessImage } from "data:preprocess.ts";
      import { fingerprintOf } from "data:perceptual-hash.ts";
      import { decodeImage } from "data:image.ts";
      const random = createRandom("mutations");
      const files = ${JSON.stringify(paths)}.map((path) => readFileSync(path));
      const mutate = {
        flip: (b) => { for (let k = random.integer(8) + 1; k > 0; k--) b[random.integer(b.length)] ^= 1 << random.integer(8); return b; },
        splice: (b) => { const at = random.integer(b.length); return Buffer.concat([b.subarray(0, at), b.subarray(random.integer(b.length))]); },
        length: (b) => { b.writeUInt16BE(random.integer(65536), random.integer(Math.min(b.length - 2, 400))); return b; },
        header: (b) => { b[random.integer(64)] = random.integer(256); return b; },
      };
      const codes = {};
      let slowestMs = 0;
      for (let i = 0; i < 1000; i++) {
        const kind = Object.keys(mutate)[i % 4];
        const bytes = mutate[kind](Buffer.from(files[random.integer(files.length)]));
        const start = performance.now();
        let code = "decoded";
        try {
          await preprocessImage(bytes, ${JSON.stringify(settings)});
          fingerprintOf(await decodeImage(bytes));
        } catch (thrown) {
          code = thrown.kind === "data" ? thrown.code : "crash: " + thrown.stack;
        }
        codes[code] = (codes[code] ?? 0) + 1;
        slowestMs = Math.max(slowestMs, performance.now() - start);
      }
      const outcome = { codes, slowestMs }`);
    const { codes, slowestMs } = outcome as { codes: Record<string, number>; slowestMs: number };
    expect(Object.keys(codes).filter((code) => code.startsWith("crash"))).toEqual([]);
    expect(Object.values(codes).reduce((a, b) => a + b)).toBe(1000);
    expect(codes).toMatchObject({
      decoded: expect.any(Number),
      E_IMAGE_DAMAGED: expect.any(Number),
      E_IMAGE_TRUNCATED: expect.any(Number),
    });
    expect(slowestMs).toBeLessThan(2000);
    expect(peakMb).toBeLessThan(600);
  }, 120_000);
});

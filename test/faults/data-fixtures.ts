import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { crc32, createDeflate } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { onTestFinished } from "vitest";
import { HandfulError } from "../../src/base/errors.ts";
import type { Pixels, Preprocess } from "../../src/base/preprocess.ts";
import { DEMO_CLASSES, drawDemo } from "../../src/data/demo.ts";

export const settings: Preprocess = {
  height: 224,
  width: 224,
  fit: "crop",
  resizeTo: 256,
  background: [0, 0, 0],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  channels: "RGB",
};

/** A folder that is gone after the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "handful-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const put = (folder: string, name: string, bytes: string | Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};

/** A drawn picture, different for every number. */
export const picture = (number: number): Pixels =>
  drawDemo({ seed: 99, name: DEMO_CLASSES[number % DEMO_CLASSES.length]!, index: number }).pixels;

export const toSharp = ({ width, height, data }: Pixels): Sharp => sharp(data, { raw: { width, height, channels: 3 } });

export const jpeg = async (number: number, quality = 90): Promise<Buffer> =>
  toSharp(picture(number)).jpeg({ quality }).toBuffer();
export const png = async (number: number): Promise<Buffer> => toSharp(picture(number)).png().toBuffer();
export const webp = async (number: number): Promise<Buffer> =>
  toSharp(picture(number)).webp({ lossless: true }).toBuffer();

/** The error a promise ends in; fails the test where it ends well. */
export const failure = async (promise: Promise<unknown>): Promise<HandfulError> => {
  const outcome = await promise.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  if (!("thrown" in outcome)) throw new Error(`wanted a failure, got ${String(outcome.value)}`);
  if (!(outcome.thrown instanceof HandfulError)) throw outcome.thrown;
  return outcome.thrown;
};

export const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

const PNG_HEADER_END = 33;

/** A PNG with a chunk put in after its header. */
export const withChunk = (file: Buffer, type: string, data: Uint8Array): Buffer =>
  Buffer.concat([file.subarray(0, PNG_HEADER_END), chunk(type, data), file.subarray(PNG_HEADER_END)]);

/** A black grey-level PNG of any size, small on disk, made without ever holding it. */
export const blackPng = async (width: number, height: number, bitDepth: 1 | 8): Promise<Buffer> => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bitDepth;
  const deflate = createDeflate({ level: 9 });
  const parts: Buffer[] = [];
  deflate.on("data", (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => deflate.on("end", resolve));
  const rows = Buffer.alloc((1 + Math.ceil((width * bitDepth) / 8)) * 100);
  for (let y = 0; y < height; y += 100)
    if (!deflate.write(rows)) await new Promise((resolve) => deflate.once("drain", resolve));
  deflate.end();
  await ended;
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", Buffer.concat(parts)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
};

const source = (file: string): string => pathToFileURL(join(import.meta.dirname, "../../src/data", file)).href;

/**
 * Runs module code in a process of its own, so that its memory and its death are its own.
 *
 * `import { x } from "data:y.ts"` in the code means `src/data/y.ts`.
 * @returns what it printed, as JSON
 */
export const inChild = async (code: string, timeoutMs = 60_000): Promise<unknown> => {
  const resolved = code.replaceAll(/"data:([a-z-]+\.ts)"/g, (_, file: string) => JSON.stringify(source(file)));
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", resolved], {
    timeout: timeoutMs,
    maxBuffer: 1e8,
    cwd: join(import.meta.dirname, "../.."),
  });
  return JSON.parse(stdout);
};

/**
 * Does memory grow with the number of images? Peak resident memory of `train` on made pictures, in a process of its own.
 *
 * node bench/memory.ts [backbone] [images ...]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { createRandom } from "../src/base/random.ts";

const CLASSES = 10;
const SIDE = 64;
const [backbone = "handful-mini", ...counts] = process.argv.slice(2);

/** Blocks of chance colours about a class's own, as JPEG files. */
const writePictures = async (folder: string, images: number): Promise<void> => {
  for (let i = 0; i < images; i++) {
    const random = createRandom(`picture ${i}`);
    const data = new Uint8Array(SIDE * SIDE * 3);
    const blocks = Array.from(
      { length: 64 * 3 },
      (_, k) => 80 + 12 * (i % CLASSES) * ((k % 3) - 1) + 60 * random.normal(),
    );
    for (let p = 0; p < SIDE * SIDE; p++)
      for (let c = 0; c < 3; c++)
        data[p * 3 + c] = Math.max(0, Math.min(255, blocks[((p >> 9) * 8 + ((p & 63) >> 3)) * 3 + c]!));
    const path = join(folder, `class-${i % CLASSES}`);
    mkdirSync(path, { recursive: true });
    const jpeg = await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .jpeg()
      .toBuffer();
    writeFileSync(join(path, `${i}.jpg`), jpeg);
  }
};

const program = `
  import { pathToFileURL } from "node:url";
  const { main } = await import(pathToFileURL(process.argv[1]).href);
  const code = await main(process.argv.slice(2));
  console.log(JSON.stringify({ code, peak: process.resourceUsage().maxRSS / 1024 }));
`;

for (const images of counts.length > 0 ? counts.map(Number) : [1000, 10_000]) {
  const folder = mkdtempSync(join(tmpdir(), "handful-memory-"));
  await writePictures(join(folder, "photos"), images);
  const start = performance.now();
  const { stdout } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      program,
      resolve("src/cli/main.ts"),
      "train",
      join(folder, "photos"),
      "--out",
      join(folder, "out"),
      "--backbone",
      backbone,
      "--no-cache",
      "--json",
    ],
    { encoding: "utf8", maxBuffer: 1e8 },
  );
  const { peak, code } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { peak: number; code: number };
  const seconds = (performance.now() - start) / 1000;
  console.log(`${images} images: peak ${peak.toFixed(0)} MB, ${seconds.toFixed(0)} s, exit code ${code}`);
  if (code !== 0) console.log(stdout);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Photos a second that are read and measured against a specification, in processor time, so that it is one core's:
 * 256 x 256 JPEG files made from the photos of a folder (wanted: at least 100).
 *
 * node bench/data/spec.ts [photos] [count]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { checkCollection } from "../../src/data/collection/check-collection.ts";
import { parseCollectionSpec } from "../../src/data/collection/collection-spec.ts";
import { draftSpec } from "../../src/data/collection/draft-spec.ts";
import { readItem } from "../../src/data/image.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { measurePhotos } from "../../src/pipeline/measure-photos.ts";

const photos = process.argv[2] ?? "../shared/data/flowers12/train";
const count = Number(process.argv[3] ?? 600);

sharp.concurrency(1);
const folder = mkdtempSync(join(tmpdir(), "handful-spec-"));
try {
  const source = await scanDataset(photos);
  for (let i = 0; i < count; i++) {
    const { bytes } = await readItem(source.items[i % source.items.length]!);
    await sharp(bytes)
      .resize(256, 256, { fit: "fill" })
      .jpeg({ quality: 90 })
      .toFile(join(folder, `${i}.jpg`));
  }
  const dataset = await scanDataset(folder);
  const { measured } = await measurePhotos(dataset); // warm
  const spec = parseCollectionSpec(draftSpec(dataset, measured, null), "spec.yaml");
  for (let round = 0; round < 3; round++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    checkCollection(dataset, spec, (await measurePhotos(dataset)).measured);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const core = (user + system) / 1e6;
    console.log(
      `${count} photos: ${(count / core).toFixed(0)} a second of one core (wanted: at least 100); ${(count / seconds).toFixed(0)} a second by the clock`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

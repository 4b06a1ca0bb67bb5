import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeDemoSet } from "../data/demo.ts";
import { scanDataset } from "../data/scan.ts";
import { thumbnailOf } from "./thumbnail-of.ts";

test("a photo becomes a small picture, one that is gone becomes none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "handful-thumbnail-"));
  await writeDemoSet(folder, { seed: 1, perClass: 1 });
  const dataset = await scanDataset(folder);
  expect(await thumbnailOf(dataset, 0, undefined)).toMatch(/^data:image\/webp;base64,/);
  rmSync(folder, { recursive: true });
  expect(await thumbnailOf(dataset, 0, undefined)).toBeNull();
});

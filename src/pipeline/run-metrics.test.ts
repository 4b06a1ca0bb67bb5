import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readRunMetrics } from "./run-metrics.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-metrics-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const model = join(folder, "model.onnx");

test("metrics beside a model are read; none, and those of another layout, are not", async () => {
  expect(await readRunMetrics(model)).toBeNull();
  writeFileSync(join(folder, "metrics.json"), '{"accuracy": 1}');
  expect(await readRunMetrics(model)).toBeNull();
  const evidence = { images: 4, accuracy: null, learningCurve: null };
  writeFileSync(join(folder, "metrics.json"), JSON.stringify({ evidence, images: ["a.jpg"] }));
  expect(await readRunMetrics(model)).toMatchObject({ evidence: { images: 4, classes: [] }, images: ["a.jpg"] });
  writeFileSync(join(folder, "metrics.json"), "torn");
  await expect(readRunMetrics(model)).rejects.toThrow(/wanted JSON/);
});

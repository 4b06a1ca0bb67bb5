import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openModel, resolveBackbone, scanDataset, scoreModel, train } from "../../src/index.ts";
import { hasShared, images, weights } from "../fixtures/shared.ts";

const out = mkdtempSync(join(tmpdir(), "handful-real-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe.skipIf(!hasShared)("real photos to a trusted model", () => {
  it("flowers12: train on the train folder, score the test folder, serve from the one file", async () => {
    const result = await train({
      photos: images("flowers12"),
      out,
      backbone: await resolveBackbone({ name: weights("mobilenet_v2_0.35_224"), env: {} }),
      head: "auto",
      seed: 0,
      cacheDir: join(out, "cache"),
      keepConflicts: false,
      strict: false,
      now: new Date(0),
      version: "test",
      commandLine: "test",
    });
    const { accuracy } = result.evidence;
    expect(accuracy!.value).toBeGreaterThan(0.85);
    expect(accuracy!.interval!.high - accuracy!.interval!.low).toBeLessThan(0.1);
    // the test folder was never looked at: its score should be near what cross-validation promised
    expect(result.heldOut!.n).toBeGreaterThan(200);
    expect(Math.abs(result.heldOut!.accuracy - accuracy!.value)).toBeLessThan(0.08);

    const model = await openModel(out, { cacheDir: join(out, "cache") });
    const { score } = await scoreModel(model, await scanDataset(images("flowers12")));
    const strange = await scoreModel(model, await scanDataset(images("flowers12")));
    await model.close();
    expect(score).toEqual(strange.score); // asked twice, the same answer
    expect(score.accuracy).toBeGreaterThan(0.85);
    const metrics = JSON.parse(readFileSync(join(out, "metrics.json"), "utf8")) as { evidence: { accuracy: unknown } };
    expect(metrics.evidence.accuracy).toEqual(accuracy);
  });
});

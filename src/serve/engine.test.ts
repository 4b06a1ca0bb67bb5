import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../../test/fixtures/tiny-model.ts";
import { HandfulError } from "../base/errors.ts";
import { openEngine, type Engine } from "./engine.ts";
import type { EngineOptions } from "./wire.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-engine-"));
const options = (more: Partial<EngineOptions> = {}): EngineOptions => ({
  path: join(folder, "tiny.onnx"),
  decoders: 1,
  threads: 1,
  maxDelayMs: 5,
  hangMs: 30_000,
  ...more,
});
let blue: Buffer;
let engine: Engine;
const runs: number[] = [];
beforeAll(async () => {
  writeFileSync(join(folder, "tiny.onnx"), await tinyModel());
  writeFileSync(join(folder, "bad.onnx"), "no model");
  blue = await sharp({ create: { width: 60, height: 40, channels: 3, background: { r: 20, g: 20, b: 240 } } })
    .png()
    .toBuffer();
  engine = await openEngine(options(), { events: { ran: (items) => runs.push(items) } });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (
  picture: Uint8Array,
  { ready = false, outputs = [] as string[], signal = new AbortController().signal } = {},
) => engine.ask({ picture, ready, outputs }, { remainingMs: 30_000, signal });
const codeOf = (thrown: unknown): string => (thrown instanceof HandfulError ? thrown.code : String(thrown));

describe("an engine in a process of its own", () => {
  it("says what it is", () =>
    expect(engine.info).toMatchObject({ labels: ["blue", "red"], height: 16, width: 16, backbone: "mean-colour" }));

  it("decodes and classifies, and takes pixels that are ready", async () => {
    expect((await ask(blue)).prediction.label).toBe("blue");
    const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => [240, 10, 10][i % 3]!);
    expect(await ask(pixels, { ready: true, outputs: ["embedding"] })).toMatchObject({
      prediction: { label: "red" },
      outputs: { embedding: [240, 10, 10] },
    });
  });

  it("answers what many ask at once, each its own, in fewer runs; a bad picture stops no other", async () => {
    runs.length = 0;
    const bad = [blue.subarray(0, 40), Buffer.alloc(0), Buffer.from("<html></html>")];
    const asked = [...Array<Buffer>(20).fill(blue), ...bad].map((p) => ask(p).then((a) => a.prediction.label, codeOf));
    const said = await Promise.all(asked);
    expect(said.slice(0, 20)).toEqual(Array(20).fill("blue"));
    expect(said.slice(20)).toEqual(["E_IMAGE_TRUNCATED", "E_IMAGE_EMPTY", "E_IMAGE_FORMAT"]);
    expect(runs.reduce((sum, n) => sum + n, 0)).toBe(20);
  });

  it("forgets a picture whose asker left", async () => {
    const controller = new AbortController();
    const left = ask(blue, { signal: controller.signal }).catch(codeOf);
    controller.abort(new HandfulError("interrupted", "E_LEFT", "the client left"));
    expect(await left).toBe("E_LEFT");
    expect(await ask(blue, { signal: controller.signal }).catch(codeOf)).toBe("E_LEFT");
    expect((await ask(blue)).prediction.label).toBe("blue");
  });

  it("refuses a bad file with its code, and a missing one", async () => {
    expect(await openEngine(options({ path: join(folder, "bad.onnx") })).catch(codeOf)).toBe("E_MODEL_PARSE");
    expect(await openEngine(options({ path: join(folder, "none.onnx") })).catch(codeOf)).toBe("E_MODEL_MISSING");
  });

  it("case 64: fails what is open when it is killed, and when it is silent for too long", async () => {
    const watch = { silenceMs: 1000, openMs: 60_000, memoryBytes: 2 ** 32 };
    for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
      const victim = await openEngine(options(), { watch });
      process.kill(victim.pid, signal);
      const question = { picture: blue, ready: false, outputs: [] };
      const asking = { remainingMs: 30_000, signal: new AbortController().signal };
      expect(await victim.ask(question, asking).catch(codeOf)).toBe("E_ENGINE");
      expect((await victim.ended).code).toBe("E_ENGINE");
      expect(await victim.ask(question, asking).catch(codeOf)).toBe("E_ENGINE");
    }
  });

  it("keeps within a ceiling of memory and of time to open", async () => {
    const watch = { silenceMs: 5000, openMs: 60_000, memoryBytes: 2 ** 20 };
    const fat = await openEngine(options(), { watch }).then(
      (e) => e.ended,
      (thrown: unknown) => thrown,
    );
    expect((fat as Error).message).toContain("more than 1 MB of memory");
    const slow = openEngine(options(), { watch: { silenceMs: 5000, openMs: 1, memoryBytes: 2 ** 32 } });
    expect(await slow.catch(codeOf)).toBe("E_MODEL_CEILING");
    const given = openEngine(options(), { signal: AbortSignal.abort() });
    expect(await given.catch(codeOf)).toBe("E_MODEL_CRASH");
  });
});

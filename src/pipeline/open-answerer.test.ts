import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../../test/fixtures/tiny-model.ts";
import type { ResultRow } from "../queue/result-row.ts";
import type { Task } from "../queue/task.ts";
import { backboneNetwork, modelNetwork, openAnswerer } from "./open-answerer.ts";
import { resolveBackbone } from "./resolve-backbone.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-answerer-"));
const photos = join(folder, "photos");
const options = { env: {}, cacheDir: join(folder, "cache"), threads: 1 };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A plain picture of one colour. */
const plain = (r: number, g: number, b: number): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 20, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

beforeAll(async () => {
  mkdirSync(photos);
  writeFileSync(join(folder, "model.onnx"), await tinyModel());
  writeFileSync(join(photos, "red.png"), await plain(250, 10, 20));
  writeFileSync(join(photos, "blue.png"), await plain(10, 20, 250));
  writeFileSync(join(photos, "broken.png"), "no picture");
});

const answers = async (task: Task, names: readonly string[], sha256: string | null = null): Promise<ResultRow[]> => {
  const answerer = await openAnswerer(task, options);
  const rows: ResultRow[] = [];
  const pictures = names.map((name) => ({ name, sha256 }));
  for await (const row of answerer.rows(pictures, photos)) rows.push(row);
  await answerer.close();
  return rows;
};

describe("a model file", () => {
  const task = async (kind: Task["kind"]): Promise<Task> => ({
    kind,
    root: photos,
    network: await modelNetwork(folder), // its run folder
  });

  it("classifies, and a broken picture between two good ones disturbs neither", async () => {
    const rows = await answers(await task("classify"), ["red.png", "broken.png", "blue.png"]);
    expect(rows.map(({ answer }) => answer && "label" in answer && answer.label)).toEqual(["red", null, "blue"]);
    expect(rows.map(({ error }) => error?.code)).toEqual([undefined, "E_IMAGE_FORMAT", undefined]);
    expect(rows.map(({ sha256 }) => sha256?.length)).toEqual([64, 64, 64]);
  });

  it("embeds: the mean colour, for this model", async () => {
    const [row] = await answers(await task("embed"), ["red.png"]);
    expect(row).toMatchObject({ answer: null, embedding: Float32Array.of(250, 10, 20), error: null });
  });

  it("is not another one of the same name", async () => {
    const { network, ...rest } = await task("embed");
    const other = { ...network, sha256: "0".repeat(64) };
    await expect(openAnswerer({ ...rest, network: other }, options)).rejects.toMatchObject({ code: "E_QUEUE_NETWORK" });
  });

  it("says so where a picture is not what was enqueued, is gone, or lies elsewhere", async () => {
    const embed = await task("embed");
    const codes = async (names: readonly string[], sha256: string | null = null) =>
      (await answers(embed, names, sha256)).map(({ error }) => error?.code);
    expect(await codes(["red.png"], "0".repeat(64))).toEqual(["E_FILE_CHANGED"]);
    expect(await codes(["gone.png", "../model.onnx", "/etc/passwd", "a/../../x", "\\q"])).toEqual([
      "E_FILE_MISSING",
      "E_PATH",
      "E_PATH",
      "E_PATH",
      "E_PATH",
    ]);
  });
});

it("a backbone embeds the same pictures alike in any company", async () => {
  const resolved = await resolveBackbone({ name: "handful-mini", env: {} });
  const network = backboneNetwork(resolved, { features: null, overrides: {} });
  expect(network).toMatchObject({ from: "backbone", name: "handful-mini", sha256: resolved.sha256 });
  const task: Task = { kind: "embed", root: photos, network };
  const many = await answers(task, ["red.png", "broken.png", "blue.png", "red.png", "red.png"]);
  const [alone] = await answers(task, ["red.png"]);
  expect(alone!.embedding!.length).toBeGreaterThan(8);
  expect(alone!.embedding!.every(Number.isFinite)).toBe(true);
  for (const at of [0, 3, 4]) expect(many[at]!.embedding).toEqual(alone!.embedding);
  expect(many[1]!.error?.code).toBe("E_IMAGE_FORMAT");
  expect(many[2]!.embedding).not.toEqual(alone!.embedding);
});

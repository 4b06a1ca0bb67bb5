import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { matrix } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { hubUrl } from "../../src/hub/layout.ts";
import { backbones } from "../../src/nn/backbones/index.ts";
import { openBackbone, type BackboneOptions } from "../../src/pipeline/backbone.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { relativeDifference } from "../fixtures/differences.ts";
import { hasShared, sharedFolder } from "../fixtures/shared.ts";

describe("the catalogue of backbones", () => {
  it("has no name twice and no file twice", () => {
    const names = backbones.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const files = backbones.map(({ weights }) => `${weights.repo}/${weights.path}`);
    expect(new Set(files).size).toBe(files.length);
    const hashes = backbones.map(({ weights }) => weights.sha256).filter((hash) => hash !== null);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe.each(backbones)("$name of the catalogue", ({ name, domain, paper, weights, preprocess, features, dim }) => {
  it("says what it is", () => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(["natural", "medical", "industrial"]).toContain(domain);
    expect(paper).toMatch(/\b(19|20)\d\d\b.*https:\/\/\S+$/);
    expect(features === null || features.length > 0).toBe(true);
    expect(Number.isInteger(dim) && dim >= 64).toBe(true);
  });

  it("states a licence, and a pinned file with an address", () => {
    // SPDX identifiers: letters, digits, dots, dashes
    expect(weights.licence).toMatch(/^[A-Za-z0-9.-]+$/);
    expect(weights.revision).toMatch(/^[0-9a-f]{40}$/);
    expect(weights.path).toMatch(/\.onnx$/);
    const url = new URL(hubUrl("https://huggingface.co", weights));
    expect(url.pathname).toBe(`/${weights.repo}/resolve/${weights.revision}/${weights.path}`);
    expect(weights.repo).toMatch(/^[\w.-]+\/[\w.-]+$/);
  });

  it("states hash and size, or that they are not known", () => {
    if (weights.sha256 !== null) expect(weights.sha256).toMatch(/^[0-9a-f]{64}$/);
    if (weights.sizeBytes !== null) expect(Number.isInteger(weights.sizeBytes) && weights.sizeBytes > 1e5).toBe(true);
    expect(weights).toHaveProperty("sha256");
    expect(weights).toHaveProperty("sizeBytes");
  });

  it("wants pictures of a sensible size and scale", () => {
    const { height, width, resizeTo, mean, std } = preprocess;
    for (const side of [height, width]) expect(side >= 32 && side <= 1024 && Number.isInteger(side)).toBe(true);
    expect(resizeTo).toBeGreaterThanOrEqual(Math.max(height, width));
    // in units of the full range, not of 255
    expect([...mean, ...std].every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(std.every((v) => v > 0)).toBe(true);
  });
});

/** What the JSON beside a model states. */
interface Stated {
  readonly dim: number;
  readonly size: number;
  readonly features: string;
}

const folder = join(sharedFolder, "weights");
const assets = join(import.meta.dirname, "../../assets");
const models = [
  { title: "handful-mini", path: join(assets, "handful-mini.onnx") },
  ...(hasShared ? readdirSync(folder) : [])
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => ({ title: file.slice(0, -".onnx".length), path: join(folder, file) })),
];

describe("models at hand", () => {
  it("holds the embedded one", () => expect(models[0]!.title).toBe("handful-mini"));

  it.skipIf(!hasShared)("holds real ones", () => expect(models.length).toBeGreaterThan(1));
});

describe.each(models)("$title", ({ path }) => {
  const stated = JSON.parse(readFileSync(path.replace(/\.onnx$/, ".json"), "utf8")) as Stated;
  const open = async (options: BackboneOptions) =>
    openBackbone(await resolveBackbone({ name: path, env: {} }), { threads: 1, ...options });

  /** Pictures of noise, each of its own. */
  const pictures = (count: number): Uint8Array[] => {
    const random = createRandom(path.slice(-20));
    return Array.from({ length: count }, () => {
      const most = 40 + random.integer(200);
      return Uint8Array.from({ length: stated.size ** 2 * 3 }, () => random.integer(most));
    });
  };

  it("gives the stated features in the stated length", async () => {
    const backbone = await open({ features: stated.features });
    const embedding = await backbone.embed(pictures(1));
    await backbone.close();
    expect(backbone.dim).toBe(stated.dim);
    expect([embedding.rows, embedding.columns]).toEqual([1, stated.dim]);
    expect(embedding.data.every(Number.isFinite)).toBe(true);
    expect([backbone.preprocess.height, backbone.preprocess.width]).toEqual([stated.size, stated.size]);
  });

  it("embeds a batch of 2 as two batches of 1, and a picture always the same", async () => {
    const backbone = await open({});
    const [first, second] = pictures(2);
    const both = await backbone.embed([first!, second!]);
    const again = await backbone.embed([first!, second!]);
    const singles = [await backbone.embed([first!]), await backbone.embed([second!])];
    await backbone.close();
    expect([both.rows, both.columns]).toEqual([2, backbone.dim]);
    expect(backbone.dim).toBeGreaterThanOrEqual(stated.dim);
    expect(again).toEqual(both);
    const joined = matrix(2, backbone.dim, Float32Array.of(...singles[0]!.data, ...singles[1]!.data));
    expect(relativeDifference(both, joined)).toBeLessThan(1e-4);
    // unlike pictures, unlike embeddings
    expect(relativeDifference(singles[0]!, singles[1]!)).toBeGreaterThan(1e-2);
  });
});

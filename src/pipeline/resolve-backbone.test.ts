import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { backbone as resnet18 } from "../nn/backbones/resnet-18.ts";
import { backbone as wideResnet50 } from "../nn/backbones/wide-resnet-50.ts";
import { resolveBackbone } from "./resolve-backbone.ts";

const bytes = Buffer.from("stands for an ONNX file; resolving only reads and hashes it");
const sha256 = createHash("sha256").update(bytes).digest("hex");
const imageNet = { mean: [0.485, 0.456, 0.406] as const, std: [0.229, 0.224, 0.225] as const };
const settings = {
  size: 224,
  ...imageNet,
  channels: "RGB",
  resize: "shorter side to size / 0.875, bilinear, centre crop",
  features: "features",
  licence: "BSD-2-Clause",
};

const folder = async (files: Record<string, string | Buffer>): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), "handful-backbones-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
};

const failure = async (promise: Promise<unknown>): Promise<HandfulError> => {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(HandfulError);
  return thrown as HandfulError;
};

describe("a path", () => {
  it("takes the preprocessing from the JSON beside the file", async () => {
    const dir = await folder({
      "net.onnx": bytes,
      "net.json": JSON.stringify({ ...settings, sha256, somethingElse: 1 }),
    });
    const got = await resolveBackbone({ name: join(dir, "net.onnx"), env: {} });
    expect(got.preprocess).toEqual({
      height: 224,
      width: 224,
      fit: "crop",
      resizeTo: 256,
      background: [255, 255, 255],
      ...imageNet,
      channels: "RGB",
    });
    expect(got).toMatchObject({ name: "net", sha256, licence: "BSD-2-Clause", source: "file", features: "features" });
    expect(got.describe).toContain("BSD-2-Clause");
    expect(Buffer.from(got.bytes).equals(bytes)).toBe(true);
  });

  it("lets flags go before the JSON, keeping the crop in proportion", async () => {
    const dir = await folder({ "net.onnx": bytes, "net.json": JSON.stringify(settings) });
    const overrides = { size: 112, mean: [0, 0, 0], std: [1, 1, 1], fit: "pad", channels: "BGR" } as const;
    const { preprocess } = await resolveBackbone({ name: join(dir, "net.onnx"), env: {}, overrides });
    expect(preprocess).toEqual({
      height: 112,
      width: 112,
      fit: "pad",
      resizeTo: 128,
      background: [255, 255, 255],
      mean: [0, 0, 0],
      std: [1, 1, 1],
      channels: "BGR",
    });
  });

  it("takes flags alone, and says which are missing", async () => {
    const dir = await folder({ "net.onnx": bytes });
    const name = join(dir, "net.onnx");
    const { preprocess } = await resolveBackbone({ name, env: {}, overrides: { size: 96, ...imageNet } });
    expect(preprocess).toMatchObject({ height: 96, resizeTo: 96, fit: "crop", channels: "RGB" });
    const assumed = await resolveBackbone({ name, env: {}, overrides: { size: 96 } });
    expect(assumed.preprocess).toEqual(preprocess);
    expect(assumed.describe).toContain("ImageNet's mean and deviation assumed");
    const error = await failure(resolveBackbone({ name, env: {}, overrides: { mean: [0, 0, 0] } }));
    expect([error.kind, error.message]).toEqual([
      "usage",
      expect.stringContaining("no JSON beside it, and no --image-size"),
    ]);
    expect(error.hint).toMatch(/net\.json .* or give --image-size, --mean and --std\.$/);
  });

  it.each([
    ["squash", "squash", 224],
    ["pad, black bars", "pad", 224],
    ["shorter side to size, centre crop", "crop", 224],
    ["shorter side to size / 0.875, centre crop", "crop", 256],
  ])("reads the resize text %j", async (resize, fit, resizeTo) => {
    const dir = await folder({ "net.onnx": bytes, "net.json": JSON.stringify({ ...settings, resize }) });
    const { preprocess } = await resolveBackbone({ name: join(dir, "net.onnx"), env: {} });
    expect(preprocess).toMatchObject({ fit, resizeTo });
  });

  it("may be a link, but not one to nothing, to itself, or to a folder", async () => {
    const dir = await folder({ "net.onnx": bytes, "good.json": JSON.stringify(settings) });
    await symlink("net.onnx", join(dir, "good.onnx"));
    await symlink("gone.onnx", join(dir, "dangling.onnx"));
    await symlink("circle.onnx", join(dir, "circle.onnx"));
    await symlink(".", join(dir, "dir.onnx"));
    expect((await resolveBackbone({ name: join(dir, "good.onnx"), env: {} })).sha256).toBe(sha256);
    const fail = async (file: string) => {
      const { kind, message } = await failure(resolveBackbone({ name: join(dir, file), env: {} }));
      return [kind, message];
    };
    expect(await fail("dangling.onnx")).toEqual(["missing", expect.stringContaining("a link to gone.onnx")]);
    expect(await fail("circle.onnx")).toEqual(["missing", expect.stringContaining("in a circle")]);
    expect(await fail("dir.onnx")).toEqual(["missing", expect.stringContaining("wanted a file, got a folder")]);
    const listed = await failure(resolveBackbone({ name: "dangling", env: { HANDFUL_BACKBONES: dir } }));
    expect(listed.kind).toBe("missing");
  });

  it.each([
    [{ std: [0, 1, 1] }, 'field "std": every number must be above 0; got [0,1,1]'],
    [{ size: "big" }, 'field "size"'],
    [{ mean: [0.5, "x", 0.5] }, 'field "mean.1"'],
    [{ channels: "GBR" }, 'got "GBR"'],
    [{ resize: "any way you like" }, 'field "resize": wanted "shorter side to size"'],
    [{ mean: undefined }, "got nothing"],
  ])("refuses the JSON with %j, naming the field", async (wrong, message) => {
    const dir = await folder({ "net.onnx": bytes, "net.json": JSON.stringify({ ...settings, ...wrong }) });
    const error = await failure(resolveBackbone({ name: join(dir, "net.onnx"), env: {} }));
    expect([error.kind, error.code]).toEqual(["damaged", "E_BACKBONE_JSON"]);
    expect(error.message).toContain(message);
    expect(error.message).toContain("net.json");
  });

  it("refuses a JSON that is none, a file whose hash is another, a path that is no .onnx, a file that is not there", async () => {
    const dir = await folder({
      "a.onnx": bytes,
      "a.json": "{",
      "b.onnx": bytes,
      "b.json": JSON.stringify({ ...settings, sha256: "0".repeat(64) }),
    });
    const fail = async (file: string) => {
      const { kind, code } = await failure(resolveBackbone({ name: join(dir, file), env: {} }));
      return [kind, code];
    };
    expect(await fail("a.onnx")).toEqual(["damaged", "E_BACKBONE_JSON"]);
    expect(await fail("b.onnx")).toEqual(["damaged", "E_BACKBONE_HASH"]);
    expect(await fail("a.json")).toEqual(["usage", "E_OPTION"]);
    expect(await fail("c.onnx")).toEqual(["missing", "E_BACKBONE_MISSING"]);
  });
});

describe("a name", () => {
  it("is looked up in HANDFUL_BACKBONES first", async () => {
    const dir = await folder({ "mine.onnx": bytes, "mine.json": JSON.stringify(settings) });
    const got = await resolveBackbone({ name: "mine", env: { HANDFUL_BACKBONES: dir } });
    expect(got).toMatchObject({ name: "mine", path: join(dir, "mine.onnx"), source: "directory", sha256 });
  });

  const weights = resolve(import.meta.dirname, "../../../shared/weights");
  it.skipIf(!existsSync(weights))(
    "finds every real network of a folder, with its settings (../shared/weights, skipped without it)",
    async () => {
      const names = readdirSync(weights).flatMap((file) => (file.endsWith(".onnx") ? [file.slice(0, -5)] : []));
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        const { preprocess, features } = await resolveBackbone({ name, env: { HANDFUL_BACKBONES: weights } });
        expect(preprocess.resizeTo).toBe(Math.round(preprocess.width / 0.875));
        expect(features).toBe("features");
      }
    },
  );

  it("of the catalogue gives its preprocessing to a file placed by hand, if it is that file", async () => {
    const dir = await folder({ "wide-resnet-50.onnx": bytes, "resnet-18.onnx": bytes });
    const env = { HANDFUL_BACKBONES: dir };
    expect(await resolveBackbone({ name: "wide-resnet-50", env })).toMatchObject({
      preprocess: wideResnet50.preprocess,
      licence: "Apache-2.0",
      source: "directory",
    });
    const error = await failure(resolveBackbone({ name: "resnet-18", env }));
    expect([error.kind, error.code]).toEqual(["damaged", "E_BACKBONE_HASH"]);
    expect(error.message).toContain(resnet18.weights.sha256);
  });

  it("that nobody knows is answered with all that are known and the nearest", async () => {
    const dir = await folder({ "bolts.onnx": bytes });
    const error = await failure(resolveBackbone({ name: "bolds", env: { HANDFUL_BACKBONES: dir } }));
    expect(error.kind).toBe("usage");
    expect(error.message).toMatch(/unknown backbone "bolds"; known: handful-mini, bolts, ctranspath/);
    expect(error.hint).toBe('Did you mean "bolts"?');
  });

  it("needs HANDFUL_BACKBONES to be a folder", async () => {
    const error = await failure(resolveBackbone({ name: "x", env: { HANDFUL_BACKBONES: "/nowhere/at/all" } }));
    expect([error.kind, error.message]).toEqual(["usage", expect.stringContaining("/nowhere/at/all")]);
  });

  it("handful-mini is in the package, and says that a pretrained one is better", async () => {
    const got = await resolveBackbone({ name: "handful-mini", env: {} });
    expect(got).toMatchObject({
      name: "handful-mini",
      source: "embedded",
      licence: "Apache-2.0",
      features: "features",
    });
    expect(got.bytes.length).toBeLessThanOrEqual(4e6);
    expect(got.describe).toMatch(/64 px.*no gradient training.*a pretrained one is better: --backbone mobilenet-v2/);
  });
});

describe("a name of the catalogue", () => {
  const hub = async (): Promise<{ endpoint: string; cache: string; urls: string[] }> => {
    const urls: string[] = [];
    const server = createServer((request, response) => {
      urls.push(request.url!);
      response.writeHead(200, {
        etag: `"${sha256}"`,
        "x-repo-commit": wideResnet50.weights.revision,
        "content-length": bytes.length,
      });
      response.end(request.method === "HEAD" ? undefined : bytes);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cache: await folder({}), urls };
  };

  it("is downloaded from HF_ENDPOINT into HF_HUB_CACHE, once", async () => {
    const { endpoint, cache, urls } = await hub();
    const env = { HF_ENDPOINT: endpoint, HF_HUB_CACHE: cache };
    const progress: number[] = [];
    const got = await resolveBackbone({
      name: "wide-resnet-50",
      env,
      overrides: { size: 112 },
      onProgress: (done) => progress.push(done),
    });
    const { repo, revision, path } = wideResnet50.weights;
    expect(got).toMatchObject({ name: "wide-resnet-50", sha256, source: "hub", licence: "Apache-2.0" });
    expect(got.path).toBe(join(cache, `models--${repo.replace("/", "--")}`, "snapshots", revision, path));
    expect(got.preprocess).toMatchObject({ width: 112, resizeTo: 128 });
    expect(new Set(urls)).toEqual(new Set([`/${repo}/resolve/${revision}/${path}`]));
    expect(progress.at(-1)).toBe(bytes.length);
    const again = await resolveBackbone({ name: "wide-resnet-50", env: { ...env, HF_HUB_OFFLINE: "1" } });
    expect(again.describe).toContain("from the cache");
  });

  it("is refused when the hub has another file than the pinned one", async () => {
    const { endpoint, cache } = await hub();
    const error = await failure(
      resolveBackbone({ name: "resnet-18", env: { HF_ENDPOINT: endpoint, HF_HUB_CACHE: cache } }),
    );
    expect([error.kind, error.code]).toEqual(["damaged", "E_HUB_HASH"]);
  });

  it("offline says in one line what is wanted, and how to bring it by hand", async () => {
    const cache = await folder({});
    const error = await failure(
      resolveBackbone({ name: "mobilenet-v3-large", env: { HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "1" } }),
    );
    expect(error.kind).toBe("missing");
    expect(error.message).toBe(
      `backbone mobilenet-v3-large (mobilenetv3-large.onnx of Kalray/mobilenet-v3-large, 21.9 MB) is not in the cache (${cache}), and downloads are switched off`,
    );
    expect(error.hint).toMatch(
      /^Fetch https:\/\/huggingface\.co\/\S+ where there is a network, then give --backbone path\/to\/mobilenet-v3-large\.onnx, or .*HANDFUL_BACKBONES=<folder>\.$/,
    );
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspectModel, loadModel } from "../../src/artifact/load.ts";
import { tryModelInChild } from "../../src/artifact/quarantine.ts";
import { ints } from "../../src/graph/dtype.ts";
import { Graph } from "../../src/graph/graph.ts";
import { exportModel } from "../../src/onnx/export.ts";
import { importModel } from "../../src/onnx/import.ts";
import { decodeModel, encodeModel, type ModelProto, type NodeProto, type TensorProto } from "../../src/onnx/proto.ts";
import { openModel } from "../../src/pipeline/open-model.ts";
import { expand } from "../../src/ops/expand.ts";
import { cast } from "../../src/ops/cast.ts";
import { reduceSum } from "../../src/ops/reduce-sum.ts";
import { tinyModel } from "../fixtures/tiny-model.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-models-"));
let good: Uint8Array;
beforeAll(async () => {
  good = await tinyModel();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The good model with something changed. */
const changed = (change: (model: ModelProto & { graph: NonNullable<ModelProto["graph"]> }) => void): Uint8Array => {
  const proto = decodeModel(good);
  change(proto as Parameters<typeof change>[0]);
  return encodeModel(proto);
};

const metadata = (key: string, value: unknown): Uint8Array =>
  changed((m) => {
    m.metadataProps!.find((p) => p.key === `handful.${key}`)!.value = JSON.stringify(value);
  });

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("case 53: files that are no sound model are refused with a code", () => {
  const cases: [name: string, bytes: () => Uint8Array, code: string][] = [
    ["empty", () => new Uint8Array(), "E_MODEL_EMPTY"],
    ["an HTML page", () => bytesOf("<!DOCTYPE html><html><body>404</body></html>"), "E_MODEL_PARSE"],
    ["random bytes", () => Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + 13) % 251), "E_MODEL_PARSE"],
    ["cut off by one byte", () => good.slice(0, -1), "E_MODEL_PARSE"],
    ["cut off in the middle", () => good.slice(0, good.length / 2), "E_MODEL_PARSE"],
    ["no graph", () => encodeModel({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }] }), "E_MODEL_PARSE"],
    ["operator set 99", () => changed((m) => (m.opsetImport![0]!.version = 99)), "E_MODEL_OPSET"],
    ["IR version 99", () => changed((m) => (m.irVersion = 99)), "E_MODEL_VERSION"],
    ["no outputs", () => changed((m) => (m.graph.output = [])), "E_MODEL_OUTPUTS"],
    [
      "a cycle",
      () => changed((m) => (m.graph.node![0]!.input![0] = m.graph.node!.at(-1)!.output![0]!)),
      "E_MODEL_CYCLE",
    ],
    ["an input nobody gives", () => changed((m) => (m.graph.node![0]!.input![0] = "nowhere")), "E_MODEL_MISSING_INPUT"],
    [
      "two nodes of one output",
      () => changed((m) => (m.graph.node![1]!.output![0] = m.graph.node![0]!.output![0]!)),
      "E_MODEL_DUPLICATE",
    ],
    ["an unknown operator", () => changed((m) => (m.graph.node![0]!.opType = "Frobnicate")), "E_MODEL_LOAD"],
    ["an unknown domain", () => changed((m) => (m.graph.node![0]!.domain = "com.evil")), "E_MODEL_LOAD"],
    [
      "a negative size",
      () => changed((m) => (m.graph.input![0]!.type!.tensorType!.shape!.dim![1] = { dimValue: -5 })),
      "E_MODEL_TYPE",
    ],
    [
      "another input name",
      () =>
        changed((m) => {
          const from = m.graph.input![0]!.name!;
          m.graph.input![0]!.name = "image";
          for (const node of m.graph.node!) node.input = node.input!.map((i) => (i === from ? "image" : i));
        }),
      "E_ARTIFACT_SIGNATURE",
    ],
    [
      "another input rank",
      () => changed((m) => m.graph.input![0]!.type!.tensorType!.shape!.dim!.pop()),
      "E_ARTIFACT_SIGNATURE",
    ],
    [
      "weights of another size",
      () => changed((m) => (m.graph.initializer!.find((t) => t.name === "weights")!.dims = [3, 3])),
      "E_MODEL_WEIGHTS",
    ],
    ["no Handful model", () => changed((m) => (m.metadataProps = [])), "E_ARTIFACT_FOREIGN"],
    [
      "a newer format",
      () => changed((m) => (m.metadataProps!.find((p) => p.key === "handful.format")!.value = "99")),
      "E_ARTIFACT_FORMAT",
    ],
  ];
  it.each(cases)("%s", async (_, bytes, code) => {
    await expect(loadModel(bytes())).rejects.toMatchObject({ code, kind: "damaged" });
  });

  it("tells no build paths and no place of the file", async () => {
    const error: unknown = await loadModel(changed((m) => (m.graph.node![0]!.opType = "Frobnicate"))).catch(
      (e: unknown) => e,
    );
    expect(String(error)).not.toMatch(/\/(onnxruntime_src|home|root|tmp|work)\//);
  });
});

describe("case 54: weights kept outside the file are refused before the runtime sees them", () => {
  const secret = join(folder, "secret.bin");
  const external = (location: string, extra: Record<string, string> = {}): Uint8Array =>
    changed((m) => {
      const tensor: TensorProto = m.graph.initializer!.find((t) => t.name === "weights")!;
      delete tensor.rawData;
      tensor.dataLocation = 1;
      tensor.externalData = Object.entries({ location, ...extra }).map(([key, value]) => ({ key, value }));
    });
  beforeAll(() => {
    writeFileSync(secret, "SECRETSECRETSECRETSECRETSECRET");
    linkSync(secret, join(folder, "hardlink.bin"));
    symlinkSync(secret, join(folder, "symlink.bin"));
  });
  it.each([
    ["a parent folder", "../secret.bin", {}],
    ["an absolute path", "/etc/passwd", {}],
    ["a symbolic link", "symlink.bin", {}],
    ["a hard link", "hardlink.bin", {}],
    ["a negative offset", "secret.bin", { offset: "-1" }],
    ["a huge offset", "secret.bin", { offset: "99999999999999" }],
    ["a missing file", "missing.bin", {}],
    ["a memory address", "*/_ORT_MEM_ADDR_/*", { offset: "4096", length: "24" }],
  ])("%s", async (_, location, extra) => {
    await expect(loadModel(external(location, extra))).rejects.toMatchObject({ code: "E_MODEL_EXTERNAL_DATA" });
  });

  const strace = spawnSync("strace", ["-V"]).status === 0;
  if (!strace) console.log("skipped: no strace here to watch which files are opened");
  it.skipIf(!strace)("never opens the file it points at", () => {
    const model = join(folder, "external.onnx");
    writeFileSync(model, external("hardlink.bin"));
    const trace = join(folder, "trace.txt");
    const child = resolve(import.meta.dirname, "../../src/artifact/quarantine-child.ts");
    const out = execFileSync("strace", ["-f", "-e", "trace=open,openat", "-o", trace, process.execPath, child, model], {
      encoding: "utf8",
    });
    expect(out).toContain("E_MODEL_EXTERNAL_DATA");
    const opened = readFileSync(trace, "utf8");
    expect(opened).toContain("external.onnx");
    expect(opened).not.toContain("hardlink.bin");
  });
});

describe("case 55: models that would fill the memory or never end", () => {
  const bomb = (): Uint8Array => {
    const g = new Graph("bomb");
    const pixels = g.input("pixels", "uint8", ["n", 16, 16, 3]);
    const big = expand(
      g,
      reduceSum(g, cast(g, pixels, "float32"), {}),
      g.constant(ints([60_000, 60_000, 1, 1]), "size"),
    );
    g.output(reduceSum(g, big, {}), "probabilities");
    return exportModel(g);
  };

  it("refuses control flow by name", async () => {
    const loop = changed((m) => {
      const node: NodeProto = {
        opType: "Loop",
        name: "forever",
        input: ["", ""],
        output: ["never"],
        attribute: [{ name: "body", type: 5, g: { node: [], name: "body" } }],
      };
      m.graph.node!.push(node);
    });
    expect(() => importModel(loop)).toThrow(/"forever" \(Loop\).*control flow/);
    await expect(loadModel(loop)).rejects.toMatchObject({ kind: "damaged", code: "E_MODEL_CONTROL_FLOW" });
  });

  it("stops a model that takes too much memory, and reports it", async () => {
    const path = join(folder, "bomb.onnx");
    const proto = decodeModel(bomb());
    const whole = decodeModel(good);
    // the answers of a good model, made to depend on 14 GB of numbers
    const nodes = proto.graph!.node!.map((n) => ({
      ...n,
      name: `b_${n.name ?? ""}`,
      input: n.input!.map((i) => (i === "pixels" ? i : `b_${i}`)),
      output: n.output!.map((o) => `b_${o}`),
    }));
    whole.graph!.node!.push(...nodes);
    whole.graph!.initializer!.push(...proto.graph!.initializer!.map((t) => ({ ...t, name: `b_${t.name ?? ""}` })));
    const scores = whole.graph!.node!.find((n) => n.output![0] === "unknown_score")!;
    scores.output![0] = "plain_unknown_score";
    whole.graph!.node!.push({
      opType: "Add",
      name: "explode",
      input: ["plain_unknown_score", "b_probabilities"],
      output: ["unknown_score"],
    });
    writeFileSync(path, encodeModel(whole));
    await expect(tryModelInChild(path, { memoryBytes: 2 ** 30, timeoutMs: 60_000 })).rejects.toMatchObject({
      code: "E_MODEL_CEILING",
    });
  });

  it("stops a model that takes too long", async () => {
    const path = join(folder, "slow.onnx");
    writeFileSync(path, good);
    await expect(tryModelInChild(path, { memoryBytes: 2 ** 31, timeoutMs: 5 })).rejects.toMatchObject({
      code: "E_MODEL_CEILING",
    });
  });

  it("lets a good model pass, and remembers it", async () => {
    const path = join(folder, "good.onnx");
    writeFileSync(path, good);
    const cacheDir = join(folder, "cache");
    await (await openModel(path, { cacheDir })).close();
    expect(existsSync(join(cacheDir, "checked"))).toBe(true);
  });
});

describe("case 56: metadata that lies is refused", () => {
  const cases: [name: string, bytes: () => Uint8Array, code: string][] = [
    ["a label too many", () => metadata("labels", ["blue", "red", "green"]), "E_ARTIFACT_METADATA"],
    ["a label twice", () => metadata("labels", ["blue", "blue"]), "E_ARTIFACT_METADATA"],
    ["labels of markup", () => metadata("labels", ["blue", "<img src=x onerror=alert(1)>"]), "E_ARTIFACT_METADATA"],
    [
      "no preprocessing",
      () => changed((m) => (m.metadataProps = m.metadataProps!.filter((p) => p.key !== "handful.preprocess"))),
      "E_ARTIFACT_METADATA",
    ],
    [
      "metadata that is not JSON",
      () => changed((m) => (m.metadataProps!.find((p) => p.key === "handful.labels")!.value = "{")),
      "E_ARTIFACT_METADATA",
    ],
    [
      "weights shorter than they claim",
      () =>
        changed((m) => {
          const tensor = m.graph.initializer!.find((t) => t.name === "weights")!;
          tensor.rawData = tensor.rawData!.slice(0, -4);
        }),
      "E_MODEL_WEIGHTS",
    ],
    ["training pictures of no class", () => metadata("training", { names: ["a"], labels: [7] }), "E_ARTIFACT_METADATA"],
  ];
  it.each(cases)("%s", async (_, bytes, code) => {
    await expect(loadModel(bytes())).rejects.toMatchObject({ code });
  });

  it("class count that the graph does not give", async () => {
    const lying = changed((m) => {
      for (const p of m.metadataProps!) {
        if (p.key === "handful.labels") p.value = JSON.stringify(["a", "b", "c"]);
        if (p.key === "handful.dataset") p.value = JSON.stringify({ version: "00", counts: [1, 1, 1] });
        if (p.key === "handful.vectors")
          p.value = JSON.stringify(
            (JSON.parse(p.value!) as { probabilities: number[] }[]).map((v) => ({
              ...v,
              probabilities: [...v.probabilities, 0],
            })),
          );
      }
    });
    await expect(loadModel(lying)).rejects.toMatchObject({ code: "E_ARTIFACT_ANSWERS" });
  });
});

describe("case 57: nothing beside a model is ever executed", () => {
  it("loads a model from a hostile folder without touching what lies there", async () => {
    const hostile = mkdtempSync(join(folder, "hostile-"));
    const canary = join(folder, "canary");
    writeFileSync(
      join(hostile, "package.json"),
      JSON.stringify({ main: "index.js", type: "commonjs", scripts: { preinstall: `touch ${canary}` } }),
    );
    for (const name of ["index.js", "model.js", "model.onnx.js"])
      writeFileSync(join(hostile, name), `require("fs").writeFileSync(${JSON.stringify(canary)}, "")`);
    writeFileSync(join(hostile, "binding.node"), "not a library");
    writeFileSync(join(hostile, "model.onnx"), good);
    const model = await openModel(hostile, { cacheDir: join(folder, "cache-2") });
    await model.close();
    expect(existsSync(canary)).toBe(false);
  });
});

it("inspects without running", () => expect(inspectModel(good).metadata.labels).toEqual(["blue", "red"]));

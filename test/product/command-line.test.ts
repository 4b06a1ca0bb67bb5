import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";

const program = resolve(import.meta.dirname, "../../bin/handful.js");
const folder = mkdtempSync(join(tmpdir(), "handful-cli-"));
const photos = join(folder, "photos");
const env = { ...process.env, HANDFUL_CACHE: join(folder, "cache"), NO_COLOR: "1" };

/** Runs the command line in the test's folder. */
const handful = (...args: string[]): { code: number | null; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
};

beforeAll(async () => {
  await writeDemoSet(photos, { seed: 3, perClass: 8 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the first ten minutes on the command line", () => {
  let run = "";

  it("inspects", () => {
    const { code, out } = handful("inspect", "photos");
    expect(code).toBe(0);
    expect(out).toContain("32 images, 4 classes");
    expect(out).toMatch(/Next: handful train photos/);
    expect(out.match(/±/g)).toHaveLength(1); // said once of all classes of few images
    expect(out).toContain("few: under 20 images, recall will be unsure by about ±35 points");
  });

  it("trains with the embedded backbone and no network, and says which it was", () => {
    const { code, out, err } = handful("train", "photos", "--offline");
    expect(err + out).toContain("handful-mini");
    expect(err).not.toContain("as asked for"); // nobody asked
    expect(out).not.toMatch(/^weights/m); // classes of one size
    expect(code).toBe(0);
    expect(out).toMatch(/cross-val +\d+\.\d % +\d+\.\d % +\d+\.\d–\d+\.\d %/);
    expect(out).toContain("Next: handful predict runs/latest");
    run = readdirSync(join(folder, "runs")).find((name) => name !== "latest")!;
    expect(readdirSync(join(folder, "runs", run)).sort()).toEqual(["metrics.json", "model.onnx", "report.html"]);
  });

  it("embeds nothing anew the second time, and writes the same model, bit for bit", () => {
    const { code, err } = handful("train", "photos", "--out", "again");
    expect(code).toBe(0);
    expect(err).toContain("(32 known from before)");
    expect(
      readFileSync(join(folder, "again", "model.onnx")).equals(readFileSync(join(folder, "runs", run, "model.onnx"))),
    ).toBe(true);
  });

  it("predicts: label, set and three nearest photos", () => {
    const image = join("photos", "bolt", readdirSync(join(photos, "bolt"))[0]!);
    const { code, out } = handful("predict", "runs/latest", image);
    expect(code).toBe(0);
    expect(out).toMatch(/90 % set: /);
    expect(out.match(/\(\d\.\d\d\)/g)).toHaveLength(3);
  });

  it("predicts a folder and standard input, as JSON and CSV", () => {
    const json = JSON.parse(handful("predict", "runs/latest", "photos", "--json").out) as {
      predictions: { label: string; nearest: unknown[] }[];
    };
    expect(json.predictions).toHaveLength(32);
    expect(json.predictions[0]!.nearest).toHaveLength(3);
    const csv = handful("predict", "runs/latest", "photos/nut", "--csv").out.trim().split("\n");
    expect(csv).toHaveLength(9);
    const image = readFileSync(join(photos, "nut", readdirSync(join(photos, "nut"))[0]!));
    const piped = spawnSync(process.execPath, [program, "predict", "runs/latest", "-", "--json"], {
      cwd: folder,
      env,
      input: image,
      encoding: "utf8",
    });
    expect((JSON.parse(piped.stdout) as { predictions: unknown[] }).predictions).toHaveLength(1);
  });

  it("evaluates on labelled photos, and gives one JSON object", () => {
    const { code, out } = handful("eval", "runs/latest", "photos", "--json");
    expect(code).toBe(0);
    const score = JSON.parse(out) as Record<string, unknown>;
    for (const key of ["accuracy", "balancedAccuracy", "interval", "ece", "n", "perClass"])
      expect(score).toHaveProperty(key);
    expect(score.n).toBe(32);
    expect(score.notes).toEqual([expect.stringMatching(/^32 of the 32 photos bear the names of photos the model was/)]);
  });

  it("shows what is in the file", () => {
    const { code, out } = handful("model", "show", "runs/latest");
    expect(code).toBe(0);
    expect(out).toContain("bolt (8)");
  });

  it("keeps results out of the photos", () => {
    const { code, err } = handful("train", "photos", "--out", "photos/run");
    expect(code).toBe(2);
    expect(err).toContain("inside the photos");
    expect(existsSync(join(photos, "run"))).toBe(false);
  });

  it("does not write over a model unasked", () => {
    expect(handful("train", "photos", "--out", "again").code).toBe(2);
    expect(handful("train", "photos", "--out", "again", "--exist-ok", "--quiet").code).toBe(0);
  });

  it("reads a manifest and a folder of splits", () => {
    const rows = ["bolt", "nut"].flatMap((label) =>
      readdirSync(join(photos, label)).map((name) => `photos/${label}/${name},${label}`),
    );
    writeFileSync(join(folder, "labels.csv"), ["file_name,label", ...rows].join("\n"));
    expect(handful("train", "labels.csv", "--out", "from-manifest").code).toBe(0);
    for (const label of ["bolt", "nut"]) {
      const names = readdirSync(join(photos, label));
      for (const [split, some] of [
        ["train", names.slice(0, 6)],
        ["test", names.slice(6)],
      ] as const)
        for (const name of some) {
          mkdirSync(join(folder, "splits", split, label), { recursive: true });
          cpSync(join(photos, label, name), join(folder, "splits", split, label, name));
        }
    }
    const { code, out } = handful("train", "splits", "--out", "from-splits");
    expect(code).toBe(0);
    expect(out).toMatch(/test .*\(4 photos of the test folder\)/);
  });
});

describe("errors on the command line", () => {
  it("case 22: one class is refused with what to do, exit 3", () => {
    const { code, err } = handful("train", "photos/bolt");
    expect(code).toBe(3);
    expect(err).toMatch(/hint|folder|class/i);
    mkdirSync(join(folder, "one"), { recursive: true });
    cpSync(join(photos, "bolt"), join(folder, "one", "bolt"), { recursive: true });
    const one = handful("train", "one", "--out", "one-out");
    expect(one.code).toBe(3);
    expect(one.err).toContain('only one class has usable photos: "bolt" (8)');
    expect(one.err).toContain('"other"');
  });

  it("case 23: one image a class trains, and says that accuracy cannot be estimated", () => {
    for (const label of ["bolt", "nut", "washer"]) {
      mkdirSync(join(folder, "single", label), { recursive: true });
      cpSync(join(photos, label, readdirSync(join(photos, label))[0]!), join(folder, "single", label, "1.jpg"));
    }
    const { code, out } = handful("train", "single", "--out", "single-out");
    expect(code).toBe(0);
    expect(out).toMatch(/cannot be estimated/i);
    expect(handful("predict", "single-out", "photos/bolt", "--quiet").code).toBe(0);
  });

  it("usage errors exit 2 and suggest", () => {
    expect(handful("trian", "photos").code).toBe(2);
    const { code, err } = handful("train", "photos", "--sead", "1");
    expect(code).toBe(2);
    expect(err).toContain("--seed");
    expect(handful("train", "photos", "--head", "logreg").err).toContain("logistic-regression");
  });

  it("a missing model exits 6, a damaged one 4, and JSON carries the same", () => {
    expect(handful("predict", "nowhere.onnx", "photos").code).toBe(6);
    const runs = handful("predict", "runs", "photos");
    expect(runs.code).toBe(6);
    expect(runs.err).toMatch(/Did you mean .*runs.latest\?/);
    writeFileSync(join(folder, "broken.onnx"), "<html>not a model</html>");
    const { code, out } = handful("predict", "broken.onnx", "photos", "--json");
    expect(code).toBe(4);
    expect((JSON.parse(out) as { error: { code: string; hint: string } }).error.code).toBe("E_MODEL_PARSE");
  });

  it("prints no stack unless asked", () => {
    expect(handful("predict", "broken.onnx", "photos").err).not.toMatch(/at .*\.ts:\d+/);
    expect(handful("predict", "broken.onnx", "photos", "--debug").err).toMatch(/at .*\.ts:\d+/);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const child = spawn(process.execPath, [program, "predict", "runs/latest", "photos", "--quiet"], {
      cwd: folder,
      env,
    });
    child.stdout.once("data", () => child.stdout.destroy());
    let err = "";
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("prints no escape sequences where output is no terminal", () => {
    const { out, err } = handful("train", "photos", "--out", "plain");

    expect(out + err).not.toMatch(/\x1b/);
  });
});

it("runs the demo, offline", () => {
  const where = mkdtempSync(join(folder, "demo-"));
  const out = execFileSync(process.execPath, [program, "demo", "--out", where], {
    env,
    encoding: "utf8",
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(out).toContain("New photos, drawn after training:");
  expect(existsSync(join(where, "model", "report.html"))).toBe(true);
});

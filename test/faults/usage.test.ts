import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine } from "../fixtures/command-line.ts";
import { jpeg, put } from "./data-fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-usage-"));
const handful = commandLine(folder);
beforeAll(async () => {
  put(folder, "taken", "");
  for (const name of ["a/1.jpg", "b/2.jpg"]) put(folder, `photos/${name}`, await jpeg(name.charCodeAt(2)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("wrong command lines", () => {
  it.each([
    [["trian", "photos"], "unknown command 'trian'", "Did you mean train?"],
    [["frobnicate"], "unknown command 'frobnicate'", "See handful --help."],
    [["train", "photos", "--sead", "1"], "unknown option '--sead'", "--seed?"],
    [["train"], "missing required argument 'photos'", "See handful train --help."],
    [
      ["train", "a", "b"],
      "too many arguments for 'train'. Expected 1 argument but got 2: a, b",
      "See handful train --help.",
    ],
    [
      ["train", "a", "--domain", "med"],
      "Allowed choices are natural, medical, industrial",
      "See handful train --help.",
    ],
    [["train", "a", "--seed", "x"], 'wanted a whole number from 0 up, got "x"', "See handful train --help."],
    [["--quiet", "train", "a"], "unknown option '--quiet'", "Flags come after the command"],
    [["train", "photos", "--epochs", "3"], "--epochs is for fine-tuning", "Add --fine-tune."],
    [["model", "shwo"], 'unknown action "shwo"', 'Did you mean "show"?'],
    [["predict", "m", "a.jpg", "--csv"], "--csv and --json exclude each other", "Give one."],
  ])("%j: says what is wrong and what to do, in words and in JSON", (args, what, todo) => {
    const json = handful([...args, "--json"]);
    expect(json.code).toBe(2);
    const { error } = JSON.parse(json.out) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe("E_OPTION");
    expect(error.message).toContain(what);
    expect(error.hint).toContain(todo);
    expect(json.err).toBe("");
    if (args.includes("--csv")) return;
    const { code, out, err } = handful(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^error: /);
    expect(err).toContain(what);
    expect(err).toContain(todo);
  });

  it("a file where the results should go is no bug of ours", () => {
    const { code, err } = handful(["train", "photos", "--out", "taken"]);
    expect(code).toBe(2);
    expect(err).toMatch(/taken'\n {2}Something else is there already; choose another path\.\n/);
  });

  it("a head that nobody knows is refused before any photo is read, and leaves no run folder", () => {
    const { code, err } = handful(["train", "photos", "--head", "ridg"]);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean "ridge"?');
    expect(err).not.toContain("Photos ");
    expect(existsSync(join(folder, "runs"))).toBe(false);
  });
});

it("leaves no empty run folder where training comes to nothing", () => {
  put(folder, "useless/a/1.jpg", "<html>");
  put(folder, "useless/b/1.jpg", "<html>");
  expect(handful(["train", "useless"]).code).toBe(3);
  expect(readdirSync(join(folder, "runs"))).toEqual([]);
});

describe("demo", () => {
  it("never writes over photos or a model that are not its own", () => {
    const mine = put(folder, "home/photos/mine/1.jpg", "my only copy");
    const { code, err } = handful(["demo", "--out", "home"]);
    expect(code).toBe(2);
    expect(err).toContain('holds a "photos" that is not the demo\'s');
    expect(readFileSync(mine, "utf8")).toBe("my only copy");
    const model = put(folder, "house/model/model.onnx", "my model");
    expect(handful(["demo", "--out", "house"]).code).toBe(2);
    expect(readFileSync(model, "utf8")).toBe("my model");
  });

  it("runs again in its own folder", () => {
    const demo = ["demo", "--out", "demo", "--per-class", "2", "--quiet"];
    expect(handful(demo).code).toBe(0);
    expect(handful(demo).code).toBe(0);
  });
});

describe("model", () => {
  it("lists the catalogue with the recommended ones, and what HANDFUL_BACKBONES adds", () => {
    put(folder, "mine/screws.onnx", "");
    const { code, out } = commandLine(folder, { HANDFUL_BACKBONES: "mine" })(["model", "list"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^mobilenet-v2 +natural +14 MB {2}Apache-2\.0$/m);
    expect(out).toMatch(/^Recommended \(--domain\): natural \S+, medical \S+, industrial wide-resnet-50$/m);
    expect(out).toMatch(/^ {2}medical: .*ctranspath is the medical one \(licence GPL-3\.0\)$/m);
    expect(out).toContain("HANDFUL_BACKBONES, before these: screws");
    expect(handful(["model", "list"]).out).not.toContain("screws");
  });

  it("says which backbone a domain gets, and why", () => {
    const { code, err } = handful(["train", "photos", "--domain", "industrial", "--offline"]);
    expect(code).toBe(6); // not in the cache
    expect(err).toMatch(/^Domain +industrial: wide-resnet-50, .*PatchCore/m);
  });

  it("shows backbones of HANDFUL_BACKBONES by name, and suggests what was meant", () => {
    put(folder, "mine/screws.onnx", "");
    const mine = commandLine(folder, { HANDFUL_BACKBONES: "mine" })(["model", "show", "screws"]);
    expect(mine.err).toContain("screws.onnx"); // found, and found to have no settings
    const { code, err } = handful(["model", "show", "mobilenetv2"]);
    expect(code).toBe(6);
    expect(err).toContain('Did you mean "mobilenet-v2"?');
    expect(handful(["model", "show", "nowhere.onnx"]).err).not.toContain("ENOENT");
  });
});

it("case 54: a backbone that keeps weights outside its file is refused", async () => {
  const { encodeModel, decodeModel } = await import("../../src/onnx/proto.ts");
  const { tinyModel } = await import("../fixtures/tiny-model.ts");
  const proto = decodeModel(await tinyModel());
  const tensor = proto.graph!.initializer!.find(({ name }) => name === "weights")!;
  delete tensor.rawData;
  tensor.dataLocation = 1;
  tensor.externalData = [{ key: "location", value: "../secret.bin" }];
  put(folder, "evil.onnx", encodeModel(proto));
  const args = ["--backbone", "evil.onnx", "--image-size", "16", "--mean", "0.5", "--std", "0.5"];
  const { code, err } = handful(["train", "photos", ...args, "--out", "evil"]);
  expect(code).toBe(4);
  expect(err).toContain("(E_MODEL_EXTERNAL_DATA)");
});

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import type { Ablation } from "../../src/pipeline/ablate.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-augmentation-"));
const handful = commandLine(folder);
beforeAll(async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 10 });
  expect(handful(["train", "photos", "--out", "plain"]).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("ablate", () => {
  const ablation = ["ablate", "photos", "--policies", "basic,greyscale", "--views", "2", "--folds", "3"];

  it("prints a table and a recommendation, and writes table, drawing and figures", async () => {
    const { code, out } = handful([...ablation, "--out", "ablation"]);
    expect(code).toBe(0);
    expect(out).toMatch(/none +\d+\.\d % +baseline/);
    expect(out).toMatch(/greyscale +\d+\.\d % +[+-]?\d+\.\d +[+-]?\d+\.\d to [+-]?\d+\.\d/);
    expect(out).toContain("Next: handful train photos");
    expect(readdirSync(join(folder, "ablation")).sort()).toEqual([
      "ablation.csv",
      "ablation.json",
      "ablation.png",
      "ablation.svg",
    ]);
    expect((await sharp(join(folder, "ablation/ablation.png")).metadata()).width).toBeGreaterThan(1000);
    expect(readFileSync(join(folder, "ablation/ablation.csv"), "utf8").split("\n")).toHaveLength(5);
  });

  it("says the same twice, with the policies it tried", () => {
    const [once, again] = [1, 2].map((n) => {
      const { out: _out, ...figures } = JSON.parse(
        handful([...ablation, "--json", "--out", `again-${n}`]).out,
      ) as Ablation & { out: string };
      return figures;
    });
    expect(once).toEqual(again);
    expect(once!.arms.map(({ name }) => name)).toEqual(["none", "basic", "greyscale"]);
    expect(once!.policies.map(({ name }) => name)).toEqual(["none", "basic", "greyscale"]);
    expect(once!.photos).toBe(40);
  });

  it("tunes a network, or trains a small one from random weights", () => {
    const one = ["ablate", "photos", "--policies", "mixup", "--folds", "2", "--epochs", "2", "--json"];
    const scratch = JSON.parse(handful([...one, "--from-scratch", "32"]).out) as Ablation;
    expect(scratch.learner).toBe("Conv-4 from random weights (32 px, 2 epochs)");
    const tuned = JSON.parse(handful([...one, "--fine-tune", "1"]).out) as Ablation;
    expect(tuned.learner).toBe("network tuned (last 1 blocks, 2 epochs)");
  });

  it.each([
    [["--policies", "basik"], 'unknown augmentation policy "basik"', 'Did you mean "basic"?'],
    [["--epochs", "3"], "--epochs does nothing here", "--fine-tune"],
    [["--from-scratch", "--fine-tune"], "both say what learns", "Give one of them."],
    [["--from-scratch", "--views", "3"], "--views does nothing here", "frozen features"],
    [["--policies", "gone.json"], "gone.json: cannot be read", "policy file"],
    [["--folds", "41"], "there are 40 different photos", "Give fewer folds."],
  ])("%j is refused", (flags, what, todo) => {
    const { code, err } = handful(["ablate", "photos", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(what);
    expect(err).toContain(todo);
  });

  it("a class with one photo cannot be held out", () => {
    writeFileSync(
      join(folder, "few.csv"),
      ["file_name,label", ...readdirSync(join(folder, "photos/bolt")).map((name) => `photos/bolt/${name},bolt`)]
        .concat(`photos/nut/${readdirSync(join(folder, "photos/nut"))[0]!},nut`)
        .join("\n"),
    );
    const { code, err } = handful(["ablate", "few.csv"]);
    expect(code).toBe(3);
    expect(err).toContain('class "nut" has fewer than 2 photos of different scenes');
  });
});

interface Metrics {
  readonly augmentation: {
    readonly policy: { readonly name: string; readonly steps: unknown[] };
    readonly views: number;
  };
  readonly evidence: {
    readonly accuracy: unknown;
    readonly augmentation?: { readonly arms: { readonly name: string }[] };
  };
}

const metricsOf = (run: string): Metrics =>
  JSON.parse(readFileSync(join(folder, run, "metrics.json"), "utf8")) as Metrics;

describe("train --augment", () => {
  it("learns from views by a policy, which travels in the metrics", () => {
    const { code, out } = handful(["train", "photos", "--augment", "basic", "--views", "2", "--out", "basic"]);
    expect(code).toBe(0);
    expect(out).toContain("the head learned from 2 varied views of every photo beside it (basic)");
    const { augmentation, evidence } = metricsOf("basic");
    expect(augmentation.policy.name).toBe("basic");
    expect(augmentation.policy.steps).toContainEqual({ augmentation: "rotation", probability: 0.5 });
    expect(evidence.accuracy).not.toEqual(metricsOf("plain").evidence.accuracy);
    expect(metricsOf("plain").augmentation).toBeNull();
  });

  it("takes a policy from a file, and the policy none changes nothing", () => {
    const policy = { name: "mine", steps: [{ augmentation: "rotation", ranges: { degrees: [-5, 5] } }] };
    writeFileSync(join(folder, "mine.json"), JSON.stringify(policy));
    expect(handful(["train", "photos", "--augment", "mine.json", "--out", "mine"]).code).toBe(0);
    expect(metricsOf("mine").augmentation.policy).toEqual(policy);
    expect(handful(["train", "photos", "--augment", "none", "--out", "none"]).code).toBe(0);
    expect(metricsOf("none").evidence).toEqual(metricsOf("plain").evidence);
    expect(readFileSync(join(folder, "none/model.onnx"))).toEqual(readFileSync(join(folder, "plain/model.onnx")));
  });

  it("auto uses what proves a gain and says what it tried", () => {
    const { code, out } = handful([
      "train",
      "photos",
      "--augment",
      "auto",
      "--views",
      "2",
      "--head",
      "ridge",
      "--out",
      "auto",
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/augment +.*(proved a gain)/);
    const { evidence, augmentation } = metricsOf("auto");
    expect(evidence.augmentation!.arms.map(({ name }) => name)).toEqual([
      "none",
      "basic",
      "strong",
      "randaugment",
      "trivialaugment",
    ]);
    expect(["none", "basic", "strong", "randaugment", "trivialaugment"]).toContain(augmentation.policy.name);
  });

  it.each([
    [["--augment", "mixup"], "only a network that learns can use", "--fine-tune"],
    [["--views", "3"], "--views is for --augment", "Add --augment auto."],
    [["--augment", "autp"], 'unknown augmentation policy "autp"', "known names"],
  ])("%j is refused before any photo is read", (flags, what, todo) => {
    const { code, err } = handful(["train", "photos", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(what);
    expect(err).toContain(todo);
  });

  it("a network is tuned on mixed photos", () => {
    const { code, out } = handful([
      "train",
      "photos",
      "--fine-tune",
      "head",
      "--epochs",
      "1",
      "--augment",
      "mixup",
      "--out",
      "tuned",
    ]);
    expect(code).toBe(0);
    expect(out).toContain("varied views of every photo beside it (mixup)");
  });
});

describe("looking several times", () => {
  it("answers by the mean of its looks, the same every time", () => {
    const predict = (...flags: string[]): unknown =>
      (JSON.parse(handful(["predict", "plain", "photos/nut", "--json", ...flags]).out) as { predictions: unknown })
        .predictions;
    const several = predict("--looks", "4");
    expect(several).toEqual(predict("--looks", "4"));
    expect(several).not.toEqual(predict());
    expect(predict("--looks", "1")).toEqual(predict());
    expect(predict("--looks", "3", "--looks-policy", "none")).toEqual(predict());
  });

  it("is scored like any answer, and its policy is checked", () => {
    expect(handful(["eval", "plain", "photos", "--looks", "2"]).out).toMatch(/40 photos +\d+\.\d %/);
    expect(handful(["eval", "plain", "photos", "--looks-policy", "basic"]).err).toContain(
      "--looks-policy needs --looks",
    );
  });
});

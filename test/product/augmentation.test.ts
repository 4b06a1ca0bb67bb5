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

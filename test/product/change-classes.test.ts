import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-classes-"));
const handful = commandLine(folder);

beforeAll(async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 6 });
  renameSync(join(folder, "photos", "washer"), join(folder, "washer"));
  expect(handful(["train", "photos", "--out", "run"]).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("handful model", () => {
  it("adds a class from a folder of photos, under its name, to a new file beside the old", () => {
    const old = readFileSync(join(folder, "run/model.onnx"));
    const { code, out } = handful(["model", "add-class", "run", "washer"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Changed {5}class "washer", from 6 photos$/m);
    expect(out).toMatch(/! Its accuracy is not known now/);
    expect(out).toMatch(/^Saved {7}run\/model-2\.onnx/m);
    expect(readFileSync(join(folder, "run/model.onnx")).equals(old)).toBe(true);
    const shown = handful(["model", "show", "run/model-2.onnx"]).out;
    expect(shown).toMatch(/^classes .*washer \(6\)$/m);
    expect(shown).toMatch(/^accuracy {4}not known; before its classes were changed/m);
    expect(shown).toMatch(/^changed {5}added "washer" \(6 photos\)$/m);
    const picture = handful(["predict", "run/model-2.onnx", "washer", "--csv"]).out.split("\n")[1]!;
    expect(picture).toMatch(/,washer,/);
  });

  it("merges, renames and removes, into the same file where --out says so", () => {
    cpSync(join(folder, "run/model.onnx"), join(folder, "m.onnx"));
    const changed = (...args: string[]) => {
      const { code, out } = handful(["model", ...args, "--out", "m.onnx", "--json"]);
      expect(code).toBe(0);
      return JSON.parse(out) as { labels: string[]; changes: string[] };
    };
    const [first, second, third] = changed("rename-class", "m.onnx", "bolt", "hex bolt").labels as [
      string,
      string,
      string,
    ];
    expect([first, second, third]).toContain("hex bolt");
    expect(changed("merge-classes", "m.onnx", first, third, "--into", "both").labels).toEqual(["both", second]);
    const last = changed("add-class", "m.onnx", "disc", "washer");
    expect(last.labels).toEqual(["both", second, "disc"]);
    const measured = changed("add-class", "m.onnx", "again", "washer", "--measure") as {
      evidence?: { method: string };
    };
    expect(measured.evidence!.method).toMatch(/that the file keeps$/);
    changed("remove-class", "m.onnx", "again");
    expect(changed("remove-class", "m.onnx", "both")).toMatchObject({
      labels: [second, "disc"],
      changes: [...last.changes, 'added "again" (6 photos)', 'removed "again"', 'removed "both"'],
    });
    expect(handful(["predict", "m.onnx", "washer", "--csv"]).out).toMatch(/,disc,/);
  });

  it.each([
    [["add-class", "run", "nut", "washer"], /has a class "nut" already/],
    [["remove-class", "run", "nutt"], /Did you mean "nut"/],
    [["rename-class", "run", "nut", "x", "--into", "y"], /--into is no flag of rename-class/],
    [["rename-class", "run", "nut", "x", "--measure"], /leaves all figures as they are/],
    [["rename-class", "run", "nut", "x", "--out", "taken"], /is there already/],
  ])("refuses %j", (args, message) => {
    writeFileSync(join(folder, "taken"), "");
    const { code, err } = handful(["model", ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

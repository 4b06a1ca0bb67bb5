import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-target-"));
const handful = commandLine(folder);

beforeAll(async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 4 });
  await writeDemoSet(join(folder, "elsewhere"), { seed: 4, perClass: 2 });
  mkdirSync(join(folder, "flat"));
  for (const name of ["nut", "bolt"])
    cpSync(join(folder, "elsewhere", name, "001.jpg"), join(folder, "flat", `${name}.jpg`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("train --target", () => {
  it("says wherever the accuracy stands that features were aligned, and gives another model", () => {
    const { code, out } = handful(["train", "photos", "--target", "flat", "--out", "aligned"]);
    expect(code).toBe(0);
    const said = "Features were aligned with 2 unlabelled photos of flat (CORAL)";
    expect(out).toContain(said);
    for (const file of ["metrics.json", "report.html"])
      expect(readFileSync(join(folder, "aligned", file), "utf8")).toContain(said);
    expect(handful(["train", "photos", "--out", "plain"]).code).toBe(0);
    const evidenceOf = (run: string): { evidence: { accuracy: { value: number } } } =>
      JSON.parse(readFileSync(join(folder, run, "metrics.json"), "utf8"));
    expect(JSON.stringify(evidenceOf("aligned").evidence)).not.toBe(JSON.stringify(evidenceOf("plain").evidence));
    expect(readFileSync(join(folder, "plain", "metrics.json"), "utf8")).not.toContain("aligned");
  });

  it.each([
    [["--augment", "basic"], "--target does not go together with --augment", 2],
    [["--fine-tune"], "--target does not go together with --fine-tune", 2],
    [["--target", "nowhere"], "nowhere: wanted a folder of photos, found nothing there", 3],
    [["--target", "one"], "target: wanted two unlike photos or more to tell how they spread, got 1", 3],
  ])("refuses %j", (args, says, wanted) => {
    mkdirSync(join(folder, "one"), { recursive: true });
    cpSync(join(folder, "flat", "nut.jpg"), join(folder, "one", "a.jpg"));
    const { code, err } = handful(["train", "photos", "--target", "flat", ...args, "--out", "refused"]);
    expect(err).toContain(says);
    expect(code).toBe(wanted);
  });
});

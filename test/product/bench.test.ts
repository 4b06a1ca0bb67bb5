import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import type { FewShotBench } from "../../src/pipeline/bench-few-shot.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-"));
const run = commandLine(folder);
beforeAll(() => writeDemoSet(join(folder, "photos"), { seed: 0, perClass: 8 }));
afterAll(() => rmSync(folder, { recursive: true }));

const flags = ["bench", "few-shot", "photos", "--ways", "3", "--queries", "3", "--episodes", "4"];

describe("handful bench few-shot", () => {
  it("prints one table of methods, and writes it in Markdown", () => {
    const { code, out } = run([...flags, "--methods", "tim,simple-shot", "--unbalanced", "--out", "table.md"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^method +queries +1-shot +5-shot +1-shot unbalanced +5-shot unbalanced +ms, 5-shot$/m);
    expect(out).toMatch(/^simple-shot +alone +[\d.]+ ± [\d.]+ /m);
    expect(out).toMatch(/^tim +together +[\d.]+ ± [\d.]+ /m);
    expect(readFileSync(join(folder, "table.md"), "utf8")).toMatch(/^\| simple-shot \| alone \| /m);
  });

  it("gives the same figures again, as JSON", () => {
    const ask = (): FewShotBench => JSON.parse(run([...flags, "--methods", "ridge", "--json"]).out) as FewShotBench;
    const accuracies = ({ settings }: FewShotBench) => settings.map(({ scores }) => scores[0]!.accuracy);
    const once = ask();
    expect(once).toMatchObject({ ways: 3, queries: 3, episodes: 4, settings: [{ shots: 1 }, { shots: 5 }] });
    expect(accuracies(ask())).toEqual(accuracies(once));
  });

  it.each([
    [["few-shots", "photos"], 2, 'unknown kind of bench "few-shots"'],
    [["few-shot", "photos", "--methods", "tym"], 2, 'Did you mean "tim"?'],
    [["few-shot", "photos", "--shots", "6", "--queries", "15", "--ways", "2"], 3, "wanted 6 shots + 15 queries, got 8"],
    [["few-shot", "photos", "--ways", "50"], 3, "50 ways: wanted at least as many classes"],
  ])("refuses %j", (args, exit, says) => {
    const { code, err } = run(["bench", ...args]);
    expect([code, err]).toEqual([exit, expect.stringContaining(says)]);
  });
});

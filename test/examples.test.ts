import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const folder = resolve(import.meta.dirname, "../examples");
/** What the last line of each must say. */
const endings: Readonly<Record<string, RegExp>> = { "01-autodiff": /loss 0\.0\d+, (19[5-9]|200) of 200 right/ };

describe("examples run and end as they say", () => {
  it.each(readdirSync(folder))("%s", (name) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(folder, name, "main.ts")], {
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    expect(stdout.trim().split("\n").at(-1)).toMatch(endings[name]!);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { initStore, openStore } from "../../src/data/versions/store.ts";
import { program } from "../fixtures/command-line.ts";
import type { FullDiskRun } from "../fixtures/full-disk.ts";
import { commitAt, put } from "../fixtures/versions.ts";
import type { Outcome } from "../fixtures/versions-child.ts";

// Cases 44 to 46: no space, files that may not grow, folders that may not be written to.

const fixture = (name: string): string => resolve(import.meta.dirname, "../fixtures", name);
const work = mkdtempSync(join(tmpdir(), "handful-disk-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** One version, and a photo of 40 kB that is in none. */
const changed = join(work, "changed");
put(changed, { "a/1.jpg": "one", "b/1.jpg": "two" });
initStore(changed, { labels: null, createdBy: "handful test" });
const store = openStore(changed, "write");
await commitAt(store, 0);
store.close();
put(changed, { "b/2.jpg": "x".repeat(40_000) });

const copy = (name: string): string => {
  const folder = join(work, name);
  cpSync(changed, folder, { recursive: true });
  return folder;
};

const mayMount = spawnSync("unshare", ["-rm", "true"]).status === 0;
if (!mayMount) console.log("skipped: not allowed to mount a small disk (unshare -rm)");

describe.skipIf(!mayMount)("a full disk", () => {
  it("fails a commit with what was wanted and is free, and loses nothing", () => {
    const disk = mkdtempSync(join(work, "disk-"));
    const out = execFileSync("unshare", ["-rm", process.execPath, fixture("full-disk.ts"), disk], { encoding: "utf8" });
    const runs = JSON.parse(out) as FullDiskRun[];
    const failed = runs.filter(({ code }) => code !== null);
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.length).toBeLessThan(runs.length);
    for (const run of failed) {
      expect(run).toMatchObject({ code: "E_NO_SPACE", unchanged: true });
      expect(run.message).toMatch(/no space left: wanted (\d+ kB|room for the catalogue), \d+ kB free$/);
    }
    for (const run of runs) expect(run).toMatchObject({ leftovers: [], faults: 0, worked: true });
  });
});

it("a limit on the size of files fails a commit, which works without it", () => {
  const folder = copy("limited");
  const run = (limit: string): Outcome => {
    const shell = `ulimit -f ${limit}; exec "$0" "$@"`;
    const { stdout } = spawnSync(
      "bash",
      ["-c", shell, process.execPath, fixture("versions-child.ts"), "commit", folder],
      {
        encoding: "utf8",
        env: { ...process.env, NODE_COMPILE_CACHE: "" },
      },
    );
    return JSON.parse(stdout) as Outcome;
  };
  const failed = run("32");
  expect(failed).toMatchObject({ code: "E_NO_SPACE" });
  expect(failed.message).toContain("a file may not grow so large here: wanted 41 kB");
  expect(readdirSync(join(folder, ".handful/tmp"))).toEqual([]);
  expect(run("unlimited").commit).toMatch(/^[0-9a-f]{64}$/);
});

/** A user who owns nothing: permissions do not hold for root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

describe("a folder that may not be written to", () => {
  const folder = copy("read-only");
  const all = ["", ".handful", ".handful/packs", ".handful/tmp", "a", "b"].map((name) => join(folder, name));
  for (const each of all) chmodSync(each, 0o555);
  chmodSync(work, 0o755);
  if (isRoot) for (const each of [work, ...all]) chownSync(each, 0, 0);
  afterAll(() => all.forEach((each) => chmodSync(each, 0o755)));

  const handful = (...args: string[]) =>
    spawnSync(process.execPath, [program, "data", ...args], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, HOME: "/nonexistent", NODE_COMPILE_CACHE: "" },
      ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    });

  it.each([["status"], ["log"], ["diff"], ["check", "--read-data"], ["tag"]])("%s works", (...args) => {
    const { status, stderr } = handful(...args);
    expect([status, stderr]).toEqual([0, ""]);
  });
  it.each([["commit", "-m", "x"], ["checkout", "main"], ["gc"], ["tag", "v1"]])("%s ends with 7", (...args) => {
    const { status, stderr } = handful(...args);
    expect(status).toBe(7);
    expect(stderr).toContain("not allowed to write here");
    expect(stderr).toContain("(E_READ_ONLY)");
  });
});

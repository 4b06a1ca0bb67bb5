import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { commandLine } from "../fixtures/command-line.ts";
import { put } from "../fixtures/versions.ts";

// `handful data` as a person uses it; what each part does is tested beside it.

const work = mkdtempSync(join(tmpdir(), "handful-data-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const handful = commandLine(work);
const data = (...args: string[]) => handful(["data", ...args]);

describe("a first day with versions", () => {
  it("begins, commits, and says what changed", () => {
    put(work, { "photos/bolt/1.jpg": "one", "photos/bolt/2.jpg": "two", "photos/nut/1.jpg": "three" });
    expect(data("init", "photos").out).toBe(
      'Versions of photos are kept in photos/.handful\nNext: handful data commit -m "first photos" --in photos\n',
    );
    expect(data("status", "photos").out).toMatch(/^no version yet\n3 added\n {2}added +bolt\/1\.jpg\n/);
    expect(data("commit", "photos", "-m", "first").out).toMatch(
      /^version [0-9a-f]{12} {2}3 photos, 2 classes: 3 added\n$/,
    );
    expect(data("commit", "photos", "-m", "again").out).toMatch(/3 photos, 2 classes: nothing changed\n$/);
    renameSync(join(work, "photos/bolt/2.jpg"), join(work, "photos/nut/2.jpg"));
    put(work, { "photos/nut/3.jpg": "four" });
    expect(data("diff", "--in", "photos").out).toBe(
      [
        "1 added, 1 relabelled",
        "relabelled bolt -> nut: 1 photo",
        "  relabelled  nut/2.jpg  bolt -> nut  (was bolt/2.jpg)",
        "  added       nut/3.jpg",
        "",
      ].join("\n"),
    );
    const json = JSON.parse(data("diff", "--in", "photos", "--json").out) as Record<string, unknown>;
    expect(json).toMatchObject({
      counts: { added: 1, relabelled: 1 },
      relabelled: [{ from: "bolt", to: "nut", photos: 1 }],
    });
  });

  it("keeps what is in no version, goes back and forth, and lists what there is", () => {
    const refused = data("checkout", "main", "--in", "photos");
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/2 files are neither .*\n.*handful data commit.*--force/);
    expect(data("commit", "photos", "-m", "second").code).toBe(0);
    expect(data("tag", "v2", "--in", "photos").out).toMatch(/^v2 is version [0-9a-f]{12}\n$/);
    expect(data("checkout", "v2~1", "--in", "photos").out).toMatch(/: 1 file written, 2 deleted\n$/);
    expect(data("status", "photos").out).toMatch(/main is elsewhere.*\nnothing changed\n$/);
    const log = data("log", "photos").out.split("\n");
    expect(log[0]).toMatch(/second {2}\(main, v2\) {2}4 photos, 2 classes$/);
    expect(log[1]).toMatch(/first {2}\(head\) {2}3 photos, 2 classes$/);
    expect(data("log", "photos", "--limit", "1").out).toMatch(/second.*\n\.\.\. and more \(--limit\)\n$/);
    expect(data("tag", "--in", "photos").out).toMatch(/^v2 +[0-9a-f]{12} .* second\n$/);
  });

  it("checks, sends to another place, and fetches from there", () => {
    expect(data("check", "photos", "--read-data").out).toMatch(
      /2 commits, 2 packs, \d+ objects, .* read: all whole\n$/,
    );
    expect(data("push", "backup", "--in", "photos").out).toMatch(/backup: \d+ objects, .* MB sent\n$/);
    expect(data("push", "--in", "photos").out).toMatch(/backup: all was there already\n$/);
    put(work, { "elsewhere/notes.txt": "an empty folder but for this" });
    expect(data("init", "elsewhere").code).toBe(0);
    expect(data("pull", "backup", "--in", "elsewhere").out).toMatch(/fetched\nNext: .*handful data checkout main\n$/);
    expect(data("checkout", "main", "--in", "elsewhere").out).toMatch(/4 files written, 0 deleted\n$/);
    expect(data("diff", "v2", "--in", "elsewhere").out).toBe("nothing changed\n");
    expect(data("gc", "photos").out).toBe("0 objects deleted, 0.0 MB freed\n");
  });
});

describe("wrong command lines", () => {
  it.each([
    [["status", "nowhere"], 2, "no versions are kept of this folder", "handful data init"],
    [["commit", "photos"], 2, "no message was given", "handful data commit -m"],
    [["checkout", "--in", "photos"], 2, "no version was given", "handful data checkout main"],
    [
      ["checkout", "v3", "--in", "photos"],
      2,
      'unknown version "v3"; known: head, main, remote/main, v2',
      'Did you mean "v2"?',
    ],
    [["checkout", "0".repeat(64), "--in", "photos"], 2, "is not kept here", "never committed"],
    [["comit", "photos"], 2, 'unknown action "comit"', 'Did you mean "commit"?'],
    [["log", "photos", "-m", "x"], 2, "--message is no flag of data log", "handful data log ./photos"],
    [["log", "a", "b"], 2, "wanted [folder], got a b", "handful data log ./photos"],
    [["status", "photos", "--in", "photos"], 2, "two folders were given", "Name it once"],
    [["tag", "main", "--in", "photos"], 2, 'tag "main"', "handful data tag v1"],
    [["pull", "nothing-there", "--in", "photos"], 3, "no versions there", "pushed to another place"],
  ])("%j", (args, code, what, todo) => {
    const got = data(...args);
    expect([got.code, got.out]).toEqual([code, ""]);
    expect(got.err).toContain(what);
    expect(got.err).toContain(todo);
  });
});

import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { checkStore } from "../../src/data/versions/check-store.ts";
import { collectGarbage } from "../../src/data/versions/collect-garbage.ts";
import { filesOf, historyOf, MAIN } from "../../src/data/versions/history.ts";
import { thisProcess } from "../../src/data/versions/lock.ts";
import { createObjectReader } from "../../src/data/versions/read-object.ts";
import { initStore, openStore, type Store } from "../../src/data/versions/store.ts";
import { hasStrace } from "../fixtures/strace.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { checkoutAt, commitAt, lockAt, put, storeWith } from "../fixtures/versions.ts";
import type { Outcome } from "../fixtures/versions-child.ts";

// Cases 47 to 49: several writers at once, gc while others write or read, locks of commands that are gone.

const child = resolve(import.meta.dirname, "../fixtures/versions-child.ts");
const work = mkdtempSync(join(tmpdir(), "handful-race-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const env = { ...process.env, NODE_COMPILE_CACHE: join(work, "compiled") };

const base = join(work, "base");
put(base, { "a/1.jpg": "one", "b/1.jpg": "two" });
initStore(base, { labels: null, createdBy: "handful test" });
const first = openStore(base, "write");
await commitAt(first, 0);
first.close();

const copy = (name: string): string => {
  const folder = join(work, name);
  cpSync(base, folder, { recursive: true });
  return folder;
};

const expectWhole = async (store: Store): Promise<void> =>
  expect((await checkStore(store, { readData: true })).faults).toEqual([]);

it.each([2, 8])("%i processes that commit at once all keep what they committed", async (count) => {
  const folder = copy(`writers-${count}`);
  const names = Array.from({ length: count }, (_, i) => `writer-${i}`);
  const outcomes = await Promise.all(
    names.map(async (name) => {
      const { stdout } = await promisify(execFile)(process.execPath, [child, "commit", folder, name], { env });
      return JSON.parse(stdout) as Outcome;
    }),
  );
  const store = openStore(folder, "read");
  const main = store.catalogue.ref(MAIN)!;
  const history = new Set(historyOf(store, [main]).map(({ id }) => id));
  for (const { code, commit } of outcomes) {
    expect(code).toBeUndefined();
    if (commit) expect(history).toContain(commit); // null: another process had committed its photo already
  }
  const photos = new Set(filesOf(store, main).map(({ name }) => name));
  for (const name of names) expect(photos).toContain(`a/${name}.jpg`);
  await expectWhole(store);
  store.close();
});

describe.skipIf(!hasStrace)("gc while a commit stands still between its pack and the names", () => {
  /** A commit that stops itself once its pack has been written under its name. */
  const stoppedCommit = async (folder: string) => {
    put(folder, { "b/2.jpg": "three" });
    const stop = ["-o", "/dev/null", "-e", "trace=rename", "-e", "inject=rename:signal=SIGSTOP:when=1"];
    const tracer = spawn("strace", [...stop, process.execPath, child, "commit", folder], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    tracer.stdout.on("data", (text: Buffer) => (out += text.toString()));
    const packs = join(folder, ".handful/packs");
    while (readdirSync(packs).length < 2) await sleep(20);
    const [pid] = spawnSync("pgrep", ["-P", String(tracer.pid)], { encoding: "utf8" })
      .stdout.trim()
      .split("\n");
    const goOn = async (): Promise<Outcome> => {
      process.kill(Number(pid), "SIGCONT");
      await once(tracer, "close");
      return JSON.parse(out) as Outcome;
    };
    return { goOn };
  };

  it("waits for it in vain, and the commit is kept", async () => {
    const folder = copy("stopped");
    const { goOn } = await stoppedCommit(folder);
    const store = openStore(folder, "write");
    await expect(collectGarbage(store, { lock: lockAt(1e5), graceMs: 0 })).rejects.toMatchObject({ code: "E_LOCKED" });
    const { commit } = await goOn();
    expect(store.catalogue.ref(MAIN)).toBe(commit);
    await expectWhole(store);
    store.close();
  });

  it("fails the commit if it is told that the lock's holder is gone, and loses nothing", async () => {
    const folder = copy("broken");
    const { goOn } = await stoppedCommit(folder);
    const store = openStore(folder, "write");
    const before = store.catalogue.ref(MAIN);
    await collectGarbage(store, { lock: { ...lockAt(1e5), force: true }, graceMs: 0 });
    expect(await goOn()).toMatchObject({ code: "E_LOCK_LOST" });
    expect(store.catalogue.ref(MAIN)).toBe(before);
    await expectWhole(store);
    await commitAt(store, 2e5);
    await expectWhole(store);
    store.close();
  });
});

it("what is being read stays readable while gc rewrites its pack", async () => {
  const store = storeWith({ "a/1.jpg": "one" });
  await commitAt(store, 0);
  put(store.root, { "a/2.jpg": "two" });
  const { rescued } = await checkoutAt(store, 1, "main", true);
  expect(rescued).not.toBeNull();
  put(store.root, { "a/3.jpg": "three" });
  await commitAt(store, 2);
  const reader = createObjectReader(store);
  const places = filesOf(store, store.catalogue.ref(MAIN)).map(({ hash }) => reader.locate(hash, "file"));
  const other = openStore(store.root, "write");
  other.catalogue.moveRef(MAIN, other.catalogue.ref(MAIN), null); // the newest commit lives on as head alone
  await collectGarbage(other, { lock: lockAt(3), graceMs: 0 });
  other.close();
  expect(places.map((place) => reader.read(place).toString())).toEqual(["one", "three"]);
  reader.close();
});

describe("locks of other commands", () => {
  const handful = commandLine(work);
  const locked = (name: string, holder: object): string => {
    const folder = copy(name);
    const store = openStore(folder, "write");
    const lock = { token: "t", ...thisProcess(), what: "handful data commit", since: "2026-01-01T00:00:00.000Z" };
    store.catalogue.set("lock", JSON.stringify({ ...lock, ...holder }));
    store.close();
    put(folder, { "b/9.jpg": "nine" });
    return folder;
  };
  const commit = (folder: string, ...more: string[]) =>
    handful(["data", "commit", folder, "-m", "x", "--wait", "0", ...more]);

  it("are taken over where their process is gone", () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    expect(commit(locked("dead", { pid: dead })).code).toBe(0);
    expect(commit(locked("reused", { started: "1" })).code).toBe(0);
    expect(commit(locked("rebooted", { boot: "an earlier one" })).code).toBe(0);
  });
  it("are named where that cannot be known, and broken when asked", () => {
    const folder = locked("elsewhere", { host: "attic" });
    const { code, err } = commit(folder);
    expect(code).toBe(7);
    expect(err).toMatch(/handful data commit, process \d+ on attic, since 2026-01-01.*\n.*--break-lock/);
    expect(commit(folder, "--break-lock").code).toBe(0);
    expect(existsSync(join(folder, "b/9.jpg"))).toBe(true);
  });
});

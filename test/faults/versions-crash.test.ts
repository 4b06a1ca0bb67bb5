import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkStore } from "../../src/data/versions/check-store.ts";
import { collectGarbage } from "../../src/data/versions/collect-garbage.ts";
import { HEAD, MAIN, readCommit, SEEN } from "../../src/data/versions/history.ts";
import { initStore, openStore, type Store } from "../../src/data/versions/store.ts";
import { CHANGING_CALLS, changingCalls, hasStrace, injection, traceChild, type Call } from "../fixtures/strace.ts";
import { checkoutAt, commitAt, contentOf, lockAt, put } from "../fixtures/versions.ts";
import type { Outcome } from "../fixtures/versions-child.ts";

// Cases 42 and 43 of the faults: a command is killed at every one of its system calls that change anything, and every
// flush to the disk fails once. After each the store is whole, shows the old version or the new one, and works on.

const work = mkdtempSync(join(tmpdir(), "handful-crash-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Processes at a time. */
const LANES = 2;

/** Copies a folder, does something to it, and closes its store. */
const derive = async (from: string, name: string, change: (store: Store) => Promise<void>): Promise<string> => {
  const folder = join(work, name);
  cpSync(from, folder, { recursive: true });
  const store = openStore(folder, "write");
  await change(store);
  store.close();
  return folder;
};

const first = join(work, "first");
put(first, { "a/1.jpg": "one", "b/1.jpg": "two", "b/gone.jpg": "three" });
initStore(first, { labels: null, createdBy: "handful test" });
/** One version, and changes that are not committed. */
const changed = await derive(first, "changed", async (store) => {
  await commitAt(store, 0);
  put(store.root, { "a/2.jpg": "four", "b/1.jpg": "changed", "b/gone.jpg": null, "c/1.jpg": "five" });
});
/** Two versions. */
const committed = await derive(changed, "committed", async (store) => void (await commitAt(store, 24)));
/** Three versions, and in the pack of one photo of theirs what none of them holds any more. */
const littered = await derive(committed, "littered", async (store) => {
  const { catalogue } = store;
  const before = catalogue.ref(MAIN);
  put(store.root, { "a/kept.jpg": "kept in the end", "a/lost.jpg": "lost in the end" });
  const { commit: lost } = await commitAt(store, 25);
  for (const name of [MAIN, HEAD]) catalogue.moveRef(name, lost, before);
  catalogue.set(SEEN, before);
  put(store.root, { "a/lost.jpg": null });
  await commitAt(store, 26);
});

const versionOf = (store: Store): string => readCommit(store, store.catalogue.ref(MAIN)!).version;

const read = (folder: string): { versions: string[]; content: Record<string, string> } => {
  const store = openStore(folder, "read");
  const versions = [versionOf(store)];
  store.close();
  return { versions, content: contentOf(folder) };
};
const [old, now] = [read(changed), read(committed)];

const expectWhole = async (store: Store, context: string): Promise<void> =>
  expect((await checkStore(store, { readData: true })).faults, context).toEqual([]);

const leftovers = ({ folder, catalogue }: Store): string[] => [
  ...readdirSync(join(folder, "tmp")),
  ...readdirSync(join(folder, "packs")).filter(
    (file) => !catalogue.packs().some(({ name }) => `${name}.pack` === file),
  ),
];

interface Scenario {
  readonly from: string;
  readonly args: readonly string[];
  /** Looks at the folder after the fault, and has the command done again. */
  readonly verify: (store: Store, outcome: Outcome | null, context: string) => Promise<void>;
}

/** Hits every one of the calls once, each in a fresh copy. */
const hitAll = async (
  { from, args, verify }: Scenario,
  what: string,
  which: { readonly names: readonly string[]; readonly except?: RegExp },
): Promise<number> => {
  const argsIn = (folder: string): string[] => [args[0]!, folder, ...args.slice(1)];
  const copy = (name: string): string => {
    const folder = join(work, name);
    cpSync(from, folder, { recursive: true });
    return folder;
  };
  await traceChild(work, ["-e", "trace=none"], argsIn(copy(`${what}-${args[0]}-warm`)));
  const calls = await changingCalls(work, argsIn(copy(`${what}-${args[0]}-count`)), which);
  const waiting = [...calls.entries()];
  const hit = async ([index, call]: [number, Call]): Promise<void> => {
    const folder = copy(`${what}-${args[0]}-${index}`);
    const outcome = await traceChild(work, injection(call, what), argsIn(folder));
    const store = openStore(folder, "write");
    await verify(store, outcome, `${what} at ${call.name} ${call.number}`);
    store.close();
    rmSync(folder, { recursive: true });
  };
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await hit(next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return calls.length;
};

const commit: Scenario = {
  from: changed,
  args: ["commit"],
  verify: async (store, outcome, context) => {
    await expectWhole(store, context);
    expect([old.versions[0], now.versions[0]], context).toContain(versionOf(store));
    if (outcome?.commit) expect(store.catalogue.ref(MAIN), context).toBe(outcome.commit);
    expect(contentOf(store.root), context).toEqual(now.content);
    expect((await commitAt(store, 48)).version, context).toBe(now.versions[0]);
    await expectWhole(store, context);
    expect(readdirSync(join(store.folder, "tmp")), context).toEqual([]);
  },
};

const checkout: Scenario = {
  from: committed,
  args: ["checkout", "main~1"],
  verify: async (store, _, context) => {
    const original = { "a/1.jpg": "one", "b/1.jpg": "two", "b/gone.jpg": "three" };
    for (const [name, text] of Object.entries(contentOf(store.root)))
      expect([original[name as keyof typeof original], now.content[name]], `${context}: ${name}`).toContain(text);
    await checkoutAt(store, 48, "main~1");
    expect(contentOf(store.root), context).toEqual(original);
    await expectWhole(store, context);
  },
};

const gc: Scenario = {
  from: littered,
  args: ["gc"],
  verify: async (store, _, context) => {
    await expectWhole(store, context);
    await collectGarbage(store, { lock: lockAt(48), graceMs: 0 });
    await expectWhole(store, context);
    expect(leftovers(store), context).toEqual([]);
    const objects = store.catalogue.packs().flatMap(({ name }) => store.catalogue.objectsOf(name));
    expect(
      objects.filter(({ type }) => type === "file"),
      context,
    ).toHaveLength(7);
  },
};

describe.skipIf(!hasStrace)("killed at every system call that changes anything", () => {
  it("a commit leaves the old version or the new one", async () => {
    expect(await hitAll(commit, "signal=SIGKILL", { names: CHANGING_CALLS })).toBeGreaterThan(40);
  });
  it("a checkout leaves every file old or new, and goes on", async () => {
    expect(await hitAll(checkout, "signal=SIGKILL", { names: ["rename", "unlink", "rmdir", "fsync"] })).toBeGreaterThan(
      8,
    );
  });
  it("gc loses nothing that a version holds", async () => {
    expect(await hitAll(gc, "signal=SIGKILL", { names: ["rename", "unlink", "fsync"] })).toBeGreaterThan(8);
  });
});

describe.skipIf(!hasStrace)("a disk that fails to flush", () => {
  it("makes a commit fail loudly, and the next one works", async () => {
    const verify: Scenario["verify"] = async (store, outcome, context) => {
      expect(outcome?.code, context).toBe("E_DISK");
      await commit.verify(store, null, context);
    };
    // SQLite goes on where the folder with its journal cannot be flushed (os_unix.c, unixSync): those are left out.
    const which = { names: ["fsync"], except: /\.handful>\)/ };
    expect(await hitAll({ ...commit, verify }, "error=EIO", which)).toBeGreaterThan(8);
  });
});

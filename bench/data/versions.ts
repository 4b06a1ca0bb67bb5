/**
 * What do versions cost beside git? Commit and checkout of many small photos, measured alternately with git's.
 *
 * node bench/data/versions.ts [photos, default 20000] [rounds, default 3]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { hash, randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { scanDataset } from "../../src/data/scan.ts";
import { commitFolder } from "../../src/data/versions/commit.ts";
import { openStore } from "../../src/data/versions/store.ts";

const [photos = 20_000, rounds = 3] = process.argv.slice(2).map(Number);
const CLASSES = 20;
const BYTES = 10_240;
const program = resolve(import.meta.dirname, "../../bin/handful.js");
const work = mkdtempSync(join(tmpdir(), "handful-versions-bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

/** Writes the same photos of chance bytes to several folders, over those that are there. */
const writePhotos = (...folders: readonly string[]): void => {
  const bytes = Buffer.alloc(BYTES);
  for (const folder of folders)
    for (let c = 0; c < CLASSES; c++) mkdirSync(join(folder, `class-${c}`), { recursive: true });
  for (let i = 0; i < photos; i++) {
    randomFillSync(bytes);
    for (const folder of folders) writeFileSync(join(folder, `class-${i % CLASSES}`, `${i}.jpg`), bytes);
  }
};

interface Cost {
  /** Seconds by the clock. */
  readonly wall: number;
  /** Seconds of processor, of the command and its children. */
  readonly cpu: number;
}

/** Runs a shell command with the disk at rest before; what it costs. */
const measure = (command: string, cwd: string): Cost => {
  execFileSync("sync");
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync("bash", ["-c", `set -e; { ${command}; } >/dev/null; times`], {
    cwd,
    encoding: "utf8",
  });
  const wall = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  const [, children = ""] = stdout.trim().split("\n").slice(-2);
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0);
  return { wall, cpu };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Rows of a table: medians, and the ratio of medians, which is what counts on a shared machine. */
const report = (what: string, ours: readonly Cost[], theirs: readonly Cost[]): void => {
  const of = (costs: readonly Cost[], key: keyof Cost): number => median(costs.map((cost) => cost[key]));
  const cells = (["wall", "cpu"] as const).map((key) => {
    const [a, b] = [of(ours, key), of(theirs, key)];
    return `${key} ${a.toFixed(2)} s / ${b.toFixed(2)} s = ${(a / b).toFixed(2)}`;
  });
  console.log(`${what.padEnd(28)} ${cells.join("   ")}`);
};

const node = JSON.stringify(process.execPath);
const handful = (args: string): string => `${node} ${program} data ${args}`;
const git = (args: string): string => `git -c user.name=bench -c user.email=bench@localhost ${args}`;

const [commits, gitCommits, checkouts, gitCheckouts]: Cost[][] = [[], [], [], []];
const after: { scan: number; rest: number }[] = [];
for (let round = 0; round < rounds; round++) {
  const [ours, theirs] = [join(work, `ours-${round}`), join(work, `git-${round}`)];
  writePhotos(ours, theirs);
  execFileSync("bash", ["-c", `${handful(`init ${ours}`)} && cd ${theirs} && git init -q`]);
  const both = (run: () => void, other: () => void): void =>
    (round % 2 === 0 ? [run, other] : [other, run]).forEach((f) => f());
  both(
    () => commits!.push(measure(handful("commit -m one"), ours)),
    () => gitCommits!.push(measure(`${git("add -A")}; ${git("commit -qm one")}`, theirs)),
  );
  writeFileSync(join(ours, "class-0/0.jpg"), "changed");
  const store = openStore(ours, "write");
  const start = performance.now();
  await scanDataset(ours);
  const scanned = performance.now();
  await commitFolder(store, { message: "two", lock: { what: "bench", now: new Date(), waitMs: 0 } });
  after.push({ scan: (scanned - start) / 1000, rest: (performance.now() - scanned - (scanned - start)) / 1000 });
  store.close();
  writePhotos(ours, theirs);
  execFileSync("bash", [
    "-c",
    `cd ${ours} && ${handful("commit -m three")}; cd ${theirs} && ${git("add -A")} && ${git("commit -qm three")}`,
  ]);
  both(
    () => checkouts!.push(measure(handful("checkout main~1"), ours)),
    () => gitCheckouts!.push(measure(git("checkout -q HEAD~1"), theirs)),
  );
  rmSync(ours, { recursive: true });
  rmSync(theirs, { recursive: true });
}

/** What no store can do without: every byte hashed, written and flushed once. */
const floor = (): number => {
  const bytes = Buffer.alloc(BYTES, 7);
  const file = openSync(join(work, "floor"), "w");
  execFileSync("sync");
  const start = performance.now();
  for (let i = 0; i < photos; i++) {
    hash("sha256", bytes);
    writeSync(file, bytes);
  }
  fsyncSync(file);
  closeSync(file);
  return (performance.now() - start) / 1000;
};

console.log(`${photos} photos of ${BYTES} bytes, ${rounds} rounds; handful / git = ratio of medians`);
report("commit", commits!, gitCommits!);
report("checkout of another version", checkouts!, gitCheckouts!);
console.log(
  `commit of one changed photo: ${median(after.map(({ rest }) => rest)).toFixed(2)} s after the scan of ${median(after.map(({ scan }) => scan)).toFixed(2)} s`,
);
console.log(`floor (hash, write and flush all bytes once): ${floor().toFixed(2)} s`);

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine, program, type Ran } from "../fixtures/command-line.ts";
import { hasPostgres, startPostgres, type Postgres } from "../fixtures/postgres.ts";
import { tinyModel } from "../fixtures/tiny-model.ts";

const PER_CLASS = 15;
const PICTURES = 4 * PER_CLASS + 1;

interface Worker {
  readonly ended: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
}

describe.skipIf(!hasPostgres)("a queue of pictures and its workers", () => {
  const folder = mkdtempSync(join(tmpdir(), "handful-queue-"));
  let postgres: Postgres;
  let handful: ReturnType<typeof commandLine>;
  let env: Record<string, string>;

  beforeAll(async () => {
    postgres = await startPostgres();
    env = { DATABASE_URL: postgres.url };
    handful = commandLine(folder, env);
    writeFileSync(join(folder, "model.onnx"), await tinyModel());
    await writeDemoSet(join(folder, "photos"), { seed: 5, perClass: PER_CLASS });
    writeFileSync(join(folder, "photos", "broken.jpg"), "no picture");
  });
  afterAll(async () => {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const startWorker = (...args: string[]): Worker => {
    const child = spawn(process.execPath, [program, "worker", ...args], {
      cwd: folder,
      env: { ...process.env, ...env, HANDFUL_CACHE: join(folder, "cache"), NO_COLOR: "1" },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (text) => (out += String(text)));
    child.stderr.on("data", (text) => (err += String(text)));
    const ended = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ code, out, err })));
    return { ended, kill: (signal) => child.kill(signal) };
  };

  /** Lets nobody write results until it is let go: workers stop in the middle of their transactions. */
  const holdResults = async (): Promise<{ letGo(): Promise<void> }> => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("BEGIN");
    await client.query("LOCK TABLE handful.result IN EXCLUSIVE MODE");
    return { letGo: () => client.end() };
  };

  /** Waits until so many workers stand before their results. */
  const untilHeld = async (workers: number): Promise<void> => {
    for (;;) {
      const rows = await postgres.query(
        "SELECT FROM pg_locks WHERE NOT granted AND relation = 'handful.result'::regclass",
      );
      if (rows.length >= workers) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const statusOf = (run: string) =>
    JSON.parse(handful(["queue", "status", run, "--json"]).out) as Record<string, number> & { failures: unknown[] };

  const enqueue = (run: string, ...more: string[]): Ran =>
    handful(["classify", "photos", "--model", "model.onnx", "--queue", "--run", run, "--chunk", "6", ...more]);

  it("loses no picture and counts none twice when a worker is killed between its results and its job", async () => {
    expect(enqueue("killed", "--heartbeat", "10").out).toContain(`Enqueued    ${PICTURES} pictures as run killed`);
    expect(JSON.parse(enqueue("killed", "--json").out)).toEqual({ run: "killed", added: 0, known: PICTURES });

    const lock = await holdResults();
    const first = startWorker("--until-empty");
    await untilHeld(1);
    const second = startWorker("--until-empty");
    await untilHeld(2); // both have completed their jobs in transactions that are not committed
    expect(statusOf("killed")).toMatchObject({ done: 0, active: 2, waiting: 9 });
    first.kill("SIGKILL");
    await first.ended;
    await lock.letGo();

    const { code, out, err } = await second.ended;
    expect(err).not.toContain("!");
    expect({ code, out }).toEqual({ code: 0, out: `Worked      11 jobs, ${PICTURES} pictures, 1 of them errors\n` });
    expect(statusOf("killed")).toMatchObject({
      pictures: PICTURES,
      done: PICTURES,
      errors: 1,
      waiting: 0,
      active: 0,
      dead: 0,
    });
    const redone = await postgres.query("SELECT FROM handful_queue.job WHERE retry_count = 1 AND state = 'completed'");
    expect(redone).toHaveLength(1);
  });

  it("gives the file that one machine would have written", () => {
    for (const type of ["csv", "jsonl"]) {
      const here = handful(["classify", "photos", "--model", "model.onnx", "-o", `here.${type}`]);
      expect({ code: here.code, out: here.out }).toEqual({
        code: 3, // one picture could not be read
        out: `Written     ${PICTURES} rows in here.${type}, 1 of them errors\n`,
      });
      expect(handful(["queue", "results", "killed", "-o", `there.${type}`]).code).toBe(0);
      const lines = readFileSync(join(folder, `here.${type}`), "utf8");
      expect(readFileSync(join(folder, `there.${type}`), "utf8")).toBe(lines);
      expect(lines.trimEnd().split("\n")).toHaveLength(PICTURES + (type === "csv" ? 1 : 0));
    }
  });

  it("lets a worker finish what it has in hand on SIGTERM, and leaves the rest", async () => {
    enqueue("drained");
    const lock = await holdResults();
    const worker = startWorker();
    await untilHeld(1);
    worker.kill("SIGTERM");
    await lock.letGo();
    const { code, out } = await worker.ended;
    expect({ code, out }).toEqual({ code: 0, out: "Worked      1 job, 6 pictures, 0 of them errors\n" });
    expect(statusOf("drained")).toMatchObject({ done: 6, active: 0, waiting: 10, retrying: 0, dead: 0 });
    expect(handful(["queue", "delete", "drained"]).code).toBe(2);
    expect(handful(["queue", "delete", "drained", "--yes"]).code).toBe(0);
  });

  it("says why jobs are dead, and does them once the reason is gone", async () => {
    enqueue("gone", "--retries", "0", "--chunk", "100");
    renameSync(join(folder, "model.onnx"), join(folder, "moved.onnx"));
    expect((await startWorker("--until-empty").ended).code).toBe(0);
    expect(statusOf("gone")).toMatchObject({ done: 0, dead: 1 });
    const { out } = handful(["queue", "status", "gone"]);
    expect(out).toContain("1 dead\n! 1 job: ");
    expect(out).toContain("model.onnx: no such model file\nNext: handful queue retry gone, once the reason is gone");
    expect(handful(["queue", "retry", "gone"]).out).toBe("Enqueued    1 dead job of run gone again\n");
    await startWorker("--until-empty", "--model", "moved.onnx").ended;
    expect(statusOf("gone")).toMatchObject({ done: PICTURES, errors: 1, dead: 0, failures: [] });
    renameSync(join(folder, "moved.onnx"), join(folder, "model.onnx"));
  });

  it("embeds with a backbone where the pictures lie elsewhere", async () => {
    const run = ["embed", "photos", "--offline", "--queue", "--run", "features"];
    expect(handful(run).code).toBe(0);
    renameSync(join(folder, "photos"), join(folder, "mounted"));
    await startWorker("--until-empty", "--root", "mounted").ended;
    renameSync(join(folder, "mounted"), join(folder, "photos"));
    handful(["queue", "results", "features", "-o", "there.jsonl"]);
    handful(["embed", "photos", "--offline", "-o", "here.jsonl"]);
    const here = readFileSync(join(folder, "here.jsonl"), "utf8").trimEnd().split("\n");
    expect(readFileSync(join(folder, "there.jsonl"), "utf8").trimEnd().split("\n")).toEqual(here);
    const [first] = here.map((line) => JSON.parse(line) as { file: string; embedding: number[] });
    expect(first).toMatchObject({ file: "bolt/000.jpg" });
    expect(first!.embedding.every(Number.isFinite)).toBe(true);
  });

  it("refuses what would say nothing", () => {
    const classify = ["classify", "photos", "--model", "model.onnx"];
    for (const [args, what] of [
      [classify, "no file to write was named"],
      [[...classify, "--run", "x", "-o", "x.csv"], "--run needs --queue"],
      [[...classify, "--queue", "-o", "x.csv"], "--out says nothing beside --queue"],
      [[...classify, "-o", "x.txt"], "wanted a name that ends in .csv or .jsonl"],
      [["classify", "photos", "-o", "x.csv"], "no model was named"],
      [
        ["embed", "photos", "--model", "model.onnx", "--fit", "pad", "-o", "x.csv"],
        "--fit says nothing beside --model",
      ],
      [["queue", "result", "killed"], 'unknown action "result"'],
      [["queue", "status"], "no run was named"],
    ] as const) {
      const { code, err } = handful(args);
      expect({ args, code, err }).toEqual({ args, code: 2, err: expect.stringContaining(what) as string });
    }
    expect(commandLine(folder, { DATABASE_URL: "" })(["worker"]).err).toContain("no queue was named");
  });
});

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasShared, images, weights } from "../fixtures/shared.ts";

const program = resolve(import.meta.dirname, "../../bin/handful.js");
const folder = mkdtempSync(join(tmpdir(), "handful-fine-tune-"));
const env = { ...process.env, HANDFUL_CACHE: join(folder, "cache"), NO_COLOR: "1" };
const backbone = ["--backbone", weights("mobilenet_v1_0.25_128")];
const fineTune = ["train", "photos", ...backbone, "--fine-tune", "8", "--epochs", "8"];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line; `watch` may stop it. */
const handful = (args: readonly string[], watch?: (kill: (signal: NodeJS.Signals) => void) => void): Promise<Ended> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    watch?.((signal) => child.kill(signal));
    child.on("close", (code) => done({ code, out, err }));
  });

/** Sends a signal as soon as some training has left a checkpoint. */
const whenTraining =
  (out: string, training: number, signal: NodeJS.Signals) =>
  (kill: (signal: NodeJS.Signals) => void): void => {
    const timer = setInterval(() => {
      if (!existsSync(join(folder, out, "checkpoints", `training-${training}.safetensors`))) return;
      clearInterval(timer);
      kill(signal);
    }, 10);
  };

const fileOf = (out: string): Buffer => readFileSync(join(folder, out, "model.onnx"));

interface Metrics {
  readonly evidence: {
    readonly accuracy: { readonly value: number };
    readonly selection: {
      readonly method: string;
      readonly contestants: { readonly text: string; readonly used: boolean; readonly accuracy: { value: number } }[];
    };
  };
}

beforeAll(() => {
  for (const label of hasShared ? ["1", "2", "3"] : [])
    for (const name of readdirSync(join(images("sign-digits"), label))
      .sort()
      .slice(0, 12)) {
      mkdirSync(join(folder, "photos", label), { recursive: true });
      cpSync(join(images("sign-digits"), label, name), join(folder, "photos", label, name));
    }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasShared)("train --fine-tune on real photos", () => {
  it("sets the tuned network against the head, and writes the winner into one file", { timeout: 300_000 }, async () => {
    const { code, out, err } = await handful([...fineTune, "--out", "whole"]);
    expect(code, err).toBe(0);
    expect(err).toContain("it stays there if fine-tuning is broken off");
    const metrics = JSON.parse(readFileSync(join(folder, "whole", "metrics.json"), "utf8")) as Metrics;
    const { contestants } = metrics.evidence.selection;
    expect(contestants.map((c) => c.used).sort()).toEqual([false, true]);
    for (const { text } of contestants) expect(out).toContain(text);
    expect(readdirSync(join(folder, "whole")).sort()).toEqual(["metrics.json", "model.onnx", "report.html"]);
    const report = readFileSync(join(folder, "whole", "report.html"), "utf8");
    expect(report).toContain("Frozen features or fine-tuned network");
    // the file answers as it was tested: its vectors are asked again on loading
    const photo = join("photos", "1", readdirSync(join(folder, "photos", "1"))[0]!);
    expect((await handful(["predict", "whole", photo])).code).toBe(0);
  });

  it("Ctrl-C leaves a usable model and exits 130; --resume ends at the same file", { timeout: 300_000 }, async () => {
    const first = await handful([...fineTune, "--out", "again"], whenTraining("again", 2, "SIGINT"));
    expect(first.code).toBe(130);
    const photo = join("photos", "1", readdirSync(join(folder, "photos", "1"))[0]!);
    expect((await handful(["predict", "again", photo])).code).toBe(0);
    // killed outright the second time
    const second = await handful([...fineTune, "--out", "again", "--resume"], whenTraining("again", 4, "SIGKILL"));
    expect(second.code).toBe(null);
    const third = await handful([...fineTune, "--out", "again", "--resume"]);
    expect(third.code, third.err).toBe(0);
    expect(fileOf("again").equals(fileOf("whole"))).toBe(true);
  });

  it("refuses to go on with other settings, and keeps what is there", { timeout: 300_000 }, async () => {
    await handful([...fineTune, "--out", "other"], whenTraining("other", 1, "SIGINT"));
    const { code, err } = await handful([...fineTune.slice(0, -1), "9", "--out", "other", "--resume"]);
    expect(code).toBe(4);
    expect(err).toContain("of other photos, or of other settings");
    expect(existsSync(join(folder, "other", "checkpoints", "training-1.safetensors"))).toBe(true);
  });

  it("keeps to a time limit, and says what the flags need", { timeout: 300_000 }, async () => {
    const limited = [...fineTune.slice(0, -1), "1000", "--unfreeze", "gradual", "--time-limit", "12"];
    // a thousand epochs six times over would take an hour: that this ends at all is the limit's doing
    const { code, err } = await handful([...limited, "--out", "limited"]);
    expect(code, err).toBe(0);
    expect((await handful(["train", "photos", ...backbone, "--time-limit", "5"])).err).toContain("Add --fine-tune");
    expect((await handful([...fineTune, "--resume"])).err).toContain("Give it with --out");
  });

  it("model show lists the blocks of a backbone", async () => {
    const { code, out } = await handful(["model", "show", weights("mobilenet_v1_0.25_128")]);
    expect(code).toBe(0);
    expect(out).toMatch(/block 1 +convolution +\d+ parameters +\[n, 8, 64, 64\]/);
    expect(out.match(/depthwise separable/g)).toHaveLength(13);
  });
});

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { HandfulError } from "../base/errors.ts";
import { artifactError } from "../base/errors.ts";

export interface Ceiling {
  /** Resident memory the model may take, in bytes. */
  readonly memoryBytes: number;
  readonly timeoutMs: number;
}

const DEFAULT_CEILING: Ceiling = { memoryBytes: 3 * 2 ** 30, timeoutMs: 60_000 };
const POLL_MS = 25;
const KILOBYTE = 1024;

/** Resident memory of a process in bytes where the system tells (Linux), else 0. */
const residentBytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * KILOBYTE;
};

interface ChildAnswer {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** Why a child stopped, as an error; undefined when the model passed. */
const verdict = (output: string, killedFor: string | null, exitCode: number | null): HandfulError | undefined => {
  if (killedFor)
    return artifactError("E_MODEL_CEILING", `the model was stopped while it was tried out: ${killedFor}`, {
      hint: "A classifier needs no such amount; do not use this file unless you know where it comes from.",
    });
  const line = output.trim().split("\n").at(-1) ?? "";
  if (line === "ok" && exitCode === 0) return undefined;
  if (line.startsWith("{")) {
    const { code, message, hint } = JSON.parse(line) as ChildAnswer;
    return artifactError(code, message, hint === null ? {} : { hint });
  }
  return artifactError(
    "E_MODEL_CRASH",
    `the model ended the process that tried it out (exit code ${exitCode ?? "none"})`,
    { hint: "The file is damaged or hostile; do not use it." },
  );
};

/**
 * Loads a model file and replays its test vectors in a child process under a ceiling of memory and time, so that a
 * hostile or broken file can neither fill this process's memory nor stop it.
 *
 * @throws HandfulError what loading it would throw; E_MODEL_CEILING, E_MODEL_CRASH
 */
export const tryModelInChild = async (path: string, ceiling: Ceiling = DEFAULT_CEILING): Promise<void> => {
  const script = new URL(
    import.meta.url.endsWith(".ts") ? "./quarantine-child.ts" : "./quarantine-child.js",
    import.meta.url,
  );
  const child = spawn(process.execPath, [fileURLToPath(script), path], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env.PATH },
  });
  let output = "";
  let killedFor: string | null = null;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const stop = (reason: string): void => {
    killedFor ??= reason;
    child.kill("SIGKILL");
  };
  const deadline = setTimeout(() => stop(`it ran longer than ${ceiling.timeoutMs / 1000} s`), ceiling.timeoutMs);
  const poll = setInterval(() => {
    void residentBytes(child.pid ?? 0).then((bytes) => {
      if (bytes > ceiling.memoryBytes)
        stop(`it took more than ${Math.round(ceiling.memoryBytes / 2 ** 20)} MB of memory`);
    });
  }, POLL_MS);
  try {
    const exitCode = await new Promise<number | null>((done, failed) => child.on("error", failed).on("close", done));
    const error = verdict(output, killedFor, exitCode);
    if (error) throw error;
  } finally {
    clearTimeout(deadline);
    clearInterval(poll);
  }
};

import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { artifactError, HandfulError } from "../../base/errors.ts";
import type { Catalogue } from "./catalogue.ts";

/** A process, known well enough to say later whether it still runs. */
export interface Holder {
  /** Name of the machine. */
  readonly host: string;
  /** Changes whenever the machine starts; empty where the system has none. */
  readonly boot: string;
  /** The space in which `pid` counts: containers of one machine have their own. */
  readonly space: string;
  readonly pid: number;
  /** When the process started, in the system's ticks: another one may get its number. */
  readonly started: string;
}

interface Lock extends Holder {
  readonly token: string;
  /** The command, for people. */
  readonly what: string;
  readonly since: string;
}

export interface LockOptions {
  readonly what: string;
  readonly now: Date;
  /** How long to wait for another command, in ms. */
  readonly waitMs: number;
  /** Takes the lock from whoever has it. */
  readonly force?: boolean;
}

const SETTING = "lock";
const POLL_MS = 50;

const read = (take: () => string): string => {
  try {
    return take();
  } catch {
    return ""; // not a Linux, or no such process: nothing to be known
  }
};

/** The 22nd field of /proc/<pid>/stat; the name in parentheses before may hold anything. */
const startOf = (pid: number): string =>
  read(() => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ")[19]!);

/** This process. */
export const thisProcess = (): Holder => ({
  host: `${hostname()} ${read(() => readFileSync("/etc/machine-id", "utf8").trim())}`.trim(),
  boot: read(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
  space: read(() => readlinkSync("/proc/self/ns/pid")),
  pid: process.pid,
  started: startOf(process.pid),
});

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
};

/** Whether a process is surely gone, as seen from this one; of other machines and containers nothing is sure. */
export const isGone = (holder: Holder, here: Holder = thisProcess()): boolean => {
  if (holder.host !== here.host) return false;
  if (holder.boot !== here.boot) return true;
  if (holder.space !== here.space) return false;
  if (!runs(holder.pid)) return true;
  const started = startOf(holder.pid);
  return started !== "" && holder.started !== "" && started !== holder.started;
};

const lockIn = (catalogue: Catalogue): Lock | null => {
  const text = catalogue.setting(SETTING);
  try {
    return text === null ? null : (JSON.parse(text) as Lock);
  } catch (cause) {
    throw artifactError("E_LOCK_DAMAGED", "the catalogue's lock is not what was written", {
      hint: "handful data rebuild writes the catalogue anew from the packs.",
      cause,
    });
  }
};

const lockedBy = ({ what, since, host, pid }: Lock): HandfulError =>
  new HandfulError(
    "permission",
    "E_LOCKED",
    `another command is at work: ${what}, process ${pid} on ${host.split(" ")[0]}, since ${since}`,
    { hint: "Run again later, or wait longer with --wait 600; if that process is surely gone, add --break-lock." },
  );

/** Writes of one command: each is a transaction, in which the lock is still held. */
export interface Writer {
  transaction<T>(body: () => T): T;
  /** The last transaction of the command, which gives the lock back too. */
  finish<T>(body: () => T): T;
}

const lostLock = (): HandfulError =>
  new HandfulError("permission", "E_LOCK_LOST", "another command took the lock over: nothing was changed", {
    hint: "Run again.",
  });

const writerOf = (catalogue: Catalogue, token: string): Writer & { release(): void } => {
  let held = true;
  const isMine = (): boolean => lockIn(catalogue)?.token === token;
  const transaction = <T>(body: () => T): T =>
    catalogue.transaction(() => {
      if (!isMine()) throw lostLock();
      return body();
    });
  const finish = <T>(body: () => T): T => {
    const result = transaction(() => {
      const inner = body();
      catalogue.set(SETTING, null);
      return inner;
    });
    held = false;
    return result;
  };
  const release = (): void => {
    if (held)
      catalogue.transaction(() => {
        if (isMine()) catalogue.set(SETTING, null);
      });
  };
  return { transaction, finish, release };
};

/**
 * Runs `body` while no other command writes to the store; takes over from a process that is gone.
 *
 * The lock is a row of the catalogue, taken and taken over in a transaction, so no two can have it. A command that was
 * wrongly thought gone is stopped by the token, which all its transactions check.
 *
 * @throws E_LOCKED saying who holds it, once the wait is over
 */
export const withLock = async <T>(
  catalogue: Catalogue,
  { what, now, waitMs, force = false }: LockOptions,
  body: (writer: Writer) => Promise<T>,
): Promise<T> => {
  const mine: Lock = { token: randomUUID(), ...thisProcess(), what, since: now.toISOString() };
  const take = (): Lock | null =>
    catalogue.transaction(() => {
      const other = lockIn(catalogue);
      if (other && !force && !isGone(other, mine)) return other;
      catalogue.set(SETTING, JSON.stringify(mine));
      return null;
    });
  const start = performance.now();
  for (let other = take(); other; other = take()) {
    if (performance.now() - start >= waitMs) throw lockedBy(other);
    await sleep(POLL_MS);
  }
  const writer = writerOf(catalogue, mine.token);
  let result: T;
  try {
    result = await body(writer);
  } catch (thrown) {
    try {
      writer.release();
    } catch {
      // The first failure tells more, and the lock of a process that has ended counts for nothing.
    }
    throw thrown;
  }
  writer.release();
  return result;
};

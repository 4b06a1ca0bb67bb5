import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { lockAt, storeWith } from "../../../test/fixtures/versions.ts";
import { isGone, thisProcess, withLock } from "./lock.ts";

/** The number of a process that is no more. */
const deadPid = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

it("knows which processes are gone for sure", () => {
  const here = thisProcess();
  expect(isGone(here)).toBe(false);
  expect(isGone({ ...here, pid: deadPid() })).toBe(true);
  expect(isGone({ ...here, started: "1" })).toBe(true); // the number went to another process
  expect(isGone({ ...here, boot: "an earlier one" })).toBe(true);
  expect(isGone({ ...here, host: "another", pid: deadPid() })).toBe(false);
  expect(isGone({ ...here, space: "another container", pid: deadPid() })).toBe(false);
  expect(isGone({ ...here, space: "another container", boot: "an earlier one" })).toBe(true);
});

it("lets one writer in at a time, says who it is, and opens afterwards", async () => {
  const { catalogue } = storeWith({});
  await withLock(catalogue, lockAt(0, "handful data commit"), async () => {
    await expect(withLock(catalogue, lockAt(1), async () => 1)).rejects.toMatchObject({
      code: "E_LOCKED",
      message: expect.stringMatching(
        RegExp(`handful data commit, process ${process.pid} on .*, since 2026-01-01T00:00:00.000Z`),
      ) as unknown,
    });
  });
  await expect(withLock(catalogue, lockAt(1), async () => 1)).resolves.toBe(1);
});

it("opens again after a failure inside", async () => {
  const { catalogue } = storeWith({});
  await expect(withLock(catalogue, lockAt(0), () => Promise.reject(new Error("oops")))).rejects.toThrow("oops");
  await expect(withLock(catalogue, lockAt(0), async () => 1)).resolves.toBe(1);
});

it("waits for the other one", async () => {
  const { catalogue } = storeWith({});
  let end = (): void => undefined;
  const first = withLock(catalogue, lockAt(0), () => new Promise<void>((resolve) => (end = resolve)));
  const second = withLock(catalogue, { ...lockAt(0), waitMs: 60_000 }, async () => "after");
  end();
  await first;
  await expect(second).resolves.toBe("after");
});

it("stops a writer whose lock was taken over", async () => {
  const { catalogue } = storeWith({});
  const first = withLock(catalogue, lockAt(0), async (writer) => {
    await withLock(catalogue, { ...lockAt(1), force: true }, async () => undefined);
    writer.transaction(() => catalogue.set("mine", "written"));
  });
  await expect(first).rejects.toMatchObject({ code: "E_LOCK_LOST" });
  expect(catalogue.setting("mine")).toBeNull();
});

it("says so where the lock is no lock", async () => {
  const { catalogue } = storeWith({});
  catalogue.set("lock", "{");
  await expect(withLock(catalogue, lockAt(0), async () => 1)).rejects.toMatchObject({ code: "E_LOCK_DAMAGED" });
});

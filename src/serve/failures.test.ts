import { expect, it } from "vitest";
import { createFailures } from "./failures.ts";

it("allows a burst of failures an address, then one more each refill, and forgets the oldest of ten thousand", () => {
  let now = 0;
  const failures = createFailures(() => now, { burst: 3, refillMs: 100 });
  for (let i = 0; i < 3; i++) {
    expect(failures.mayTry("a")).toBe(true);
    failures.failed("a");
  }
  expect(failures.mayTry("a")).toBe(false);
  expect(failures.mayTry("b")).toBe(true);
  now = 99;
  expect(failures.mayTry("a")).toBe(false);
  now = 101;
  expect(failures.mayTry("a")).toBe(true);
  failures.failed("a");
  expect(failures.mayTry("a")).toBe(false);
  for (let i = 0; i < 10_000; i++) failures.failed(`other${i}`);
  expect(failures.mayTry("a")).toBe(true);
});

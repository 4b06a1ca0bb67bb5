import { expect, test } from "vitest";
import { stopwatch } from "./stopwatch.ts";

test("a stopwatch keeps the seconds of every stage in order, and all of them together", () => {
  const watch = stopwatch();
  const first = watch.lap("first");
  watch.lap("second");
  expect(watch.stages.map(({ name }) => name)).toEqual(["first", "second"]);
  expect(watch.stages[0]!.seconds).toBe(first);
  expect(watch.total()).toBeGreaterThanOrEqual(watch.stages.reduce((sum, { seconds }) => sum + seconds, 0));
});

import { expect, it } from "vitest";
import { baseName, bytes, count, duration, moment, percent, percentRange, plural, shortName } from "./format.ts";

it("says figures as people read them", () => {
  expect(percent(0.9412)).toBe("94.1\u00a0%");
  expect([percent(0.0001), percent(0), percent(0.002, 0)]).toEqual(["0.01\u00a0%", "0.0\u00a0%", "0.2\u00a0%"]);
  expect(percent(null)).toBe("–");
  expect(percentRange([0.889, 0.973])).toBe("88.9–97.3\u00a0%");
  expect(count(1234567)).toBe("1\u202f234\u202f567");
  expect([plural(1, "class", "classes"), plural(2, "class", "classes")]).toEqual(["1 class", "2 classes"]);
  expect([duration(0.84), duration(41.6), duration(190)]).toEqual(["0.8 s", "42 s", "3 min 10 s"]);
  expect([bytes(999), bytes(23000), bytes(1.44e6)]).toEqual(["999 B", "23 kB", "1.4 MB"]);
  expect(moment("2026-11-24T10:02:11.123Z")).toBe("2026-11-24 10:02 UTC");
  expect(baseName("a/b/c.jpg")).toBe("c.jpg");
});

it("cuts long names in the middle and says an empty one in words", () => {
  expect(shortName("abcdefghij", 7)).toBe("abc…hij");
  expect(shortName("")).toBe("(empty name)");
  expect(shortName("x".repeat(10_000_000), 60)).toHaveLength(60);
});

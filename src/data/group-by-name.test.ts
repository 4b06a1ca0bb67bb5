import { describe, expect, it } from "vitest";
import type { DataSet, Item } from "./dataset.ts";
import { groupByName } from "./group-by-name.ts";

const datasetOf = (items: readonly Partial<Item>[]): DataSet => ({
  root: "/photos",
  layout: "folders",
  classes: ["a"],
  items: items.map((item) => ({ path: Buffer.alloc(0), name: "", label: "a", split: null, group: null, ...item })),
  emptyClasses: [],
  skipped: [],
  ignored: 0,
  ignoredExamples: [],
  warnings: [],
});

const groups = ({ items }: DataSet): (string | null)[] => items.map(({ group }) => group);

describe("groups by name", () => {
  const dataset = datasetOf([{ name: "a/part7_1.png" }, { name: "a/part7_2.png" }, { name: "a/part8_1.png" }]);

  it("are what the pattern's first group matched, or all of it", () => {
    expect(groups(groupByName(dataset, /(part\d+)_/))).toEqual(["part7", "part7", "part8"]);
    expect(groups(groupByName(dataset, /part\d/))).toEqual(["part7", "part7", "part8"]);
    expect(groupByName(dataset, undefined)).toBe(dataset);
  });

  it("leave declared groups and other names alone, and say how many", () => {
    const mixed = datasetOf([{ name: "a/part7.png", group: "declared" }, { name: "a/x.png" }, { name: "a/part9.png" }]);
    const grouped = groupByName(mixed, /part\d/);
    expect(groups(grouped)).toEqual(["declared", null, "part9"]);
    expect(grouped.warnings.map(({ code }) => code)).toEqual(["W_UNGROUPED"]);
  });

  it("that match nothing are a mistake", () => expect(() => groupByName(dataset, /piece/)).toThrow("matches none"));
});

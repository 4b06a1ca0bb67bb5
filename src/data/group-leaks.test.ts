import { expect, it } from "vitest";
import type { DataSet, Split } from "./dataset.ts";
import { groupLeaks } from "./group-leaks.ts";

it("names groups that straddle splits, and no others", () => {
  const item = (group: string | null, split: Split | null) => ({
    path: Buffer.from("a"),
    name: "a",
    label: null,
    split,
    group,
  });
  const dataset: DataSet = {
    root: "/",
    layout: "manifest",
    classes: [],
    items: [
      item("p1", "test"),
      item("p1", "train"),
      item("p1", "train"),
      item("p2", "train"),
      item("p2", "train"),
      item("p3", null),
      item("p3", "test"),
      item(null, "train"),
      item(null, "test"),
      item("__proto__", "validation"),
      item("__proto__", "test"),
    ],
    emptyClasses: [],
    skipped: [],
    ignored: 0,
    ignoredExamples: [],
    warnings: [],
  };
  expect(groupLeaks(dataset)).toEqual([
    { group: "p1", photos: { train: 2, test: 1 } },
    { group: "__proto__", photos: { validation: 1, test: 1 } },
  ]);
});

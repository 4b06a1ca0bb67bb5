import { expect, it } from "vitest";
import type { Item } from "../dataset.ts";
import { createTagReader } from "./photo-tag.ts";

const item = (name: string, columns?: Record<string, string>): Item => ({
  path: Buffer.from(name),
  name,
  label: null,
  split: null,
  group: null,
  ...(columns && { columns: new Map(Object.entries(columns)) }),
});

it.each([
  ["*_{}_*", "bolt/7_Day_1.jpg", "day"],
  ["*_{}_*", "bolt/7_night.jpg", null],
  ["*{}*", "bolt/birthday.jpg", null],
  ["*{}*", "day/1.jpg", "day"],
  ["{}/*", "night/bolt/1.jpg", "night"],
  ["*/{}.jpg", "bolt/day.jpg", "day"],
  ["*/{}.jpg", "bolt/day.png", null],
  ["bolt/{}.jpg", "bolt/night.jpg", "night"],
  ["*-{}.*", "day-night.jpg", "night"],
  ["*({})*", "a (day).jpg", null],
])("pattern %s in %s", (name, file, value) =>
  expect(createTagReader({ name, values: ["day", "night"], per_class: 1 })(item(file))).toBe(value),
);

it("reads a column, whatever its case and spaces", () => {
  const read = createTagReader({ column: "Light", values: ["Day", "night"], per_class: 1 });
  expect(read(item("a.jpg", { light: " day " }))).toBe("Day");
  expect(read(item("a.jpg", { light: "dusk" }))).toBeNull();
  expect(read(item("a.jpg"))).toBeNull();
});

it("takes no time over a pattern of many stars", () => {
  const read = createTagReader({ name: `${"*a".repeat(90)}*{}`, values: ["day"], per_class: 1 });
  expect(read(item(`${"a".repeat(4000)}b`))).toBeNull();
});

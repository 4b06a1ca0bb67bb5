import fc from "fast-check";
import { parse } from "csv-parse/sync";
import { expect, it } from "vitest";
import { csvRow, plainCell } from "./csv-row.ts";

it.each([
  ["=1+1", "'=1+1"],
  ["-5", "'-5"],
  ["\u00a0@x", '"\'\u00a0@x"'.replaceAll('"', "")],
  ["'=1", "''=1"],
  ["it's", "it's"],
  ["a,b", '"a,b"'],
  ['say "x"', '"say ""x"""'],
  [" a ", '" a "'],
  ["\n=1", '"\'\n=1"'],
])("%j is written as %j", (text, written) => expect(csvRow([text])).toBe(written));

it("gives numbers and nothing as they are", () => expect(csvRow([-1, null, "a"])).toBe("-1,,a"));

it("is read back to the same text, and never begins as a formula", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom("=", "+", "-", "@", "'", " ", "\u00a0", "\n", "\r", ",", '"', "\t", "a", "é") }),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (cells) => {
      const [row] = parse(`${csvRow(["x", ...cells])}\n`, { relax_column_count: true }) as string[][];
      expect(row!.slice(1).map(plainCell)).toEqual(cells);
      for (const cell of row!.slice(1)) expect(cell.trimStart()).not.toMatch(/^[=+\-@]/);
    }),
    { seed: 1, numRuns: 300 },
  );
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { ResultRow } from "../queue/result-row.ts";
import { writeRows } from "./write-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-rows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = { head: "file", line: ({ name }: ResultRow) => name };
async function* rowsOf(names: readonly string[], error: Error | null = null): AsyncGenerator<ResultRow> {
  const fault = { code: "E_X", message: "x", hint: null };
  for (const name of names)
    yield { name, sha256: null, answer: null, embedding: null, error: name.startsWith("bad") ? fault : null };
  if (error) throw error;
}

it("writes a line a row and counts errors", async () => {
  const path = join(folder, "rows.csv");
  const seen: number[] = [];
  const written = await writeRows(path, { rows: rowsOf(["a", "bad", "c"]), text, onRow: (n) => seen.push(n) });
  expect(written).toEqual({ rows: 3, errors: 1 });
  expect(seen).toEqual([1, 2, 3]);
  expect(readFileSync(path, "utf8")).toBe("file\na\nbad\nc\n");
});

it("writes more than it holds at a time", async () => {
  const path = join(folder, "many.csv");
  const names = Array.from({ length: 30 }, (_, i) => String(i % 10).repeat(100_000));
  await writeRows(path, { rows: rowsOf(names), text: { ...text, head: null } });
  expect(readFileSync(path, "utf8")).toBe(`${names.join("\n")}\n`);
});

it("leaves what was there when it is stopped half-way, and nothing of its own", async () => {
  const path = join(folder, "kept.csv");
  writeFileSync(path, "before");
  await expect(writeRows(path, { rows: rowsOf(["a"], new Error("stopped")), text })).rejects.toThrow("stopped");
  expect(readFileSync(path, "utf8")).toBe("before");
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  await expect(writeRows(join(folder, "no", "x.csv"), { rows: rowsOf([]), text })).rejects.toThrow("ENOENT");
  expect(existsSync(join(folder, "no"))).toBe(false);
});

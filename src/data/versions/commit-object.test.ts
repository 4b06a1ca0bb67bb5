import { expect, it } from "vitest";
import { decodeCommit, encodeCommit, type Commit } from "./commit-object.ts";

const commit: Commit = {
  version: "1".repeat(64),
  parents: ["2".repeat(64)],
  time: "2026-01-01T00:00:00.000Z",
  message: "first\nphotos",
};

it("writes a commit as one line and reads it back", () => {
  const { bytes } = encodeCommit(commit);
  expect(bytes.toString().split("\n")).toHaveLength(2);
  expect(decodeCommit(bytes)).toEqual(commit);
});

it.each([
  ["\xff", "something else"],
  ["null", "another object"],
  ['{"manifest":1}', "another object"],
  ['{"commit":2}', "format 2; this version reads format 1"],
  [JSON.stringify({ commit: 1, ...commit, version: "12" }), "without its version"],
  [JSON.stringify({ commit: 1, ...commit, parents: "none" }), "without its version"],
  [JSON.stringify({ commit: 1, ...commit, time: 3 }), "without time and message"],
])("refuses %s", (text, why) => expect(() => decodeCommit(Buffer.from(text))).toThrow(why));

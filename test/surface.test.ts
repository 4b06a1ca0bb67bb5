import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as handful from "../src/index.ts";
import * as graph from "../src/engine.ts";
import * as methods from "../src/methods/index.ts";

const frozen = JSON.parse(readFileSync(new URL("./surface.json", import.meta.url), "utf8")) as Record<string, string[]>;

/**
 * Public names by entry. A name that goes missing breaks somebody's program: take it out of surface.json only together
 * with a line in the CHANGELOG.
 */
it.each([
  ["handful", handful],
  ["handful/graph", graph],
  ["handful/methods", methods],
])("%s keeps its public names", (entry, module) => {
  expect(Object.keys(module).sort()).toEqual(frozen[entry]);
});

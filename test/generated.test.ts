import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generated } from "../scripts/gen.ts";

test.each(generated())("$path is what `npm run gen` writes", ({ path, text }) => {
  expect(readFileSync(new URL(`../${path}`, import.meta.url), "utf8")).toBe(text);
});

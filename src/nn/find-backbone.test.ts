import { expect, test } from "vitest";
import type { HandfulError } from "../base/errors.ts";
import { recommendBackbone } from "./backbones/_recommend.ts";
import { backbones } from "./backbones/index.ts";
import { findBackbone } from "./find-backbone.ts";

test("a name of the catalogue is found", () => {
  expect(findBackbone("resnet-18").dim).toBe(512);
});

test("an unknown name lists the known ones and suggests the nearest", () => {
  const ask = () => findBackbone("mobilnet-v2", ["mine"]);
  expect(ask).toThrow(/unknown backbone "mobilnet-v2"; known: mine, ctranspath, dinov2-small/);
  try {
    ask();
  } catch (thrown) {
    expect((thrown as HandfulError).hint).toBe('Did you mean "mobilenet-v2"?');
    expect((thrown as HandfulError).kind).toBe("usage");
  }
});

test.each(["natural", "medical", "industrial"] as const)(
  "the backbone recommended for %s is in the catalogue",
  (domain) => {
    const { name, why } = recommendBackbone(domain);
    expect(findBackbone(name).name).toBe(name);
    expect(why).toMatch(/\d{4}/);
    if (domain === "medical") expect(why).toContain("ctranspath is the medical one (licence GPL-3.0)");
    expect(backbones.some((entry) => entry.domain === domain)).toBe(true);
  },
);

test.each(backbones)("$name is pinned to a commit and well formed", ({ name, paper, weights, preprocess, dim }) => {
  expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(paper).toContain("https://");
  expect(weights.revision).toMatch(/^[0-9a-f]{40}$/);
  expect(weights.path).toMatch(/\.onnx$/);
  expect(weights.sha256 ?? "0".repeat(64)).toMatch(/^[0-9a-f]{64}$/);
  expect(weights.licence).not.toBe("");
  expect(preprocess.resizeTo).toBeGreaterThanOrEqual(preprocess.width);
  expect(dim).toBeGreaterThan(0);
});

test("names are unique", () => expect(new Set(backbones.map(({ name }) => name)).size).toBe(backbones.length));

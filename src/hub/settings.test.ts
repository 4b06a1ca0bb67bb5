import { expect, test } from "vitest";
import { hubSettings } from "./settings.ts";

const home = { HOME: "/home/me" };

test("the cache folder follows huggingface_hub's order of variables", () => {
  const cacheOf = (env: Record<string, string>) => hubSettings({ ...home, ...env }).cacheDir;
  expect(cacheOf({})).toBe("/home/me/.cache/huggingface/hub");
  expect(cacheOf({ XDG_CACHE_HOME: "/x" })).toBe("/x/huggingface/hub");
  expect(cacheOf({ XDG_CACHE_HOME: "/x", HF_HOME: "/h" })).toBe("/h/hub");
  expect(cacheOf({ HF_HOME: "~/h" })).toBe("/home/me/h/hub");
  expect(cacheOf({ HF_HOME: "/h", HF_HUB_CACHE: "/c" })).toBe("/c");
  expect(cacheOf({ HF_HUB_CACHE: "" })).toBe("/home/me/.cache/huggingface/hub");
});

test("endpoint, token and offline", () => {
  expect(hubSettings(home)).toMatchObject({ endpoint: "https://huggingface.co", token: null, offline: false });
  const env = { ...home, HF_ENDPOINT: "https://mirror.test/hf/", HF_TOKEN: " t ", HF_HUB_OFFLINE: "true" };
  expect(hubSettings(env)).toMatchObject({ endpoint: "https://mirror.test/hf", token: "t", offline: true });
  expect(hubSettings({ ...home, HF_HUB_OFFLINE: "0" }).offline).toBe(false);
});

test("an endpoint that is no address is refused by name", () => {
  expect(() => hubSettings({ ...home, HF_ENDPOINT: "mirror.test" })).toThrow(
    'HF_ENDPOINT: wanted an http(s) address, got "mirror.test"',
  );
});

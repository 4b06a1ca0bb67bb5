import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { HandfulError } from "../base/errors.ts";
import { matchKey, parseApiKeys } from "./api-keys.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("a file of API keys", () => {
  it("is a line a key, with name, scopes and end", () => {
    const text = `# of the lab\n\n${sha("one")}\r\n${sha("two").toUpperCase()} name=lab-2 scopes=classify,admin expires=2027-01-31\n`;
    const [one, two] = parseApiKeys(text, "keys.txt");
    expect(one).toMatchObject({
      name: `key-${sha("one").slice(0, 8)}`,
      scopes: ["classify", "metrics"],
      expiresAt: null,
    });
    expect(two).toMatchObject({ name: "lab-2", scopes: ["classify", "admin"], expiresAt: Date.UTC(2027, 0, 31) });
  });

  it.each([
    ["my-secret-key", "line 1: wanted the sha256"],
    [`# x\n${sha("a")} name=a/b`, 'line 2: "name=a/b" is not understood'],
    [`${sha("a")} scopes=classify,root`, 'line 1: "scopes=classify,root" is not understood'],
    [`${sha("a")} expires=never`, 'line 1: "expires=never" is not understood'],
    ["# nothing", "wanted at least one key"],
  ])("%j is refused", (text, message) => {
    const said = (() => {
      try {
        parseApiKeys(text, "keys.txt");
      } catch (thrown) {
        return thrown as HandfulError;
      }
    })();
    expect(said?.message).toContain(message);
    expect(said?.message).not.toContain("my-secret-key");
  });

  it("knows a key by its hash, and near misses not", () => {
    const keys = parseApiKeys(`${sha("open sesame")} name=a\n${sha("other")} name=b`, "keys.txt");
    expect(matchKey(keys, "open sesame")?.name).toBe("a");
    expect(matchKey(keys, "other")?.name).toBe("b");
    for (const near of ["", "open sesam", "open sesame ", "Open sesame", sha("open sesame"), "x".repeat(1e6)])
      expect(matchKey(keys, near)).toBeNull();
  });
});

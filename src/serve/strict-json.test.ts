import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { parseStrictJson } from "./strict-json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const messageFor = (text: string | Uint8Array): string => {
  try {
    parseStrictJson(typeof text === "string" ? bytes(text) : text);
    return "taken";
  } catch (thrown) {
    if (!(thrown instanceof HandfulError) || thrown.code !== "E_BODY_JSON") throw thrown;
    return thrown.message.replace("wanted plain JSON, got ", "");
  }
};

describe("JSON from somebody unknown", () => {
  it("is what JSON.parse gives, for anything plain", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        if (!text.includes('"__proto__"')) expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'a field twice ("a")'],
    ['{"a":1,"\\u0061":2}', 'a field twice ("a")'],
    ['{"a":{"__proto__":{}}}', 'a field "__proto__"'],
    ['{"\\u005f_proto__":1}', 'a field "__proto__"'],
    ["[".repeat(200) + "]".repeat(200), "more than 32 levels"],
    ['{"a":'.repeat(200) + "1" + "}".repeat(200), "more than 32 levels"],
    [`{${Array.from({ length: 300 }, (_, i) => `"f${i}":0`).join()}}`, "more than 256 fields"],
    ['{"a', "a string without an end"],
    ['"\\"', "a string without an end"],
    ["{a:1}", "something else"],
    ["", "something else"],
    ["NaN", "something else"],
    ["[1,]", "something else"],
    ["}}}]]]", "something else"],
  ])("%.40s is refused: %s", (text, message) => expect(messageFor(text)).toBe(message));

  it("refuses bytes that are no UTF-8", () =>
    expect(messageFor(Uint8Array.from([0x22, 0xff, 0x22]))).toBe("bytes that are no UTF-8"));

  it("takes the same name in two objects, and brackets and colons inside strings", () => {
    const text = '[{"a":"}]:{[\\\\"},{"a":"\\""}]';
    expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
  });
});

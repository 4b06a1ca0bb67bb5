import { expect, it } from "vitest";
import { nearestName, unknownName } from "./nearest-name.ts";

it("finds what was most likely meant, or nothing", () => {
  expect(nearestName("ridg", ["lda", "ridge"])).toBe("ridge");
  expect(nearestName("Rigde", ["lda", "ridge"])).toBe("ridge"); // a swap counts once
  expect(nearestName("xyzzy", ["lda", "ridge"])).toBeUndefined();
});

it("lists the known names once, with the nearest where there is one", () => {
  const far = unknownName("head", "xyzzy", ["lda", "ridge"]);
  expect(far.message).toBe('unknown head "xyzzy"; known: lda, ridge');
  expect(far.hint).toBe("Choose one of the known names.");
  expect(unknownName("head", "ridg", ["lda", "ridge"]).hint).toBe('Did you mean "ridge"?');
});

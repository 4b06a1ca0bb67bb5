import { expect, it } from "vitest";
import { visibilityOf } from "./defect.ts";

it("means the change over the mask and the channels, and over nothing else", () => {
  const before = { width: 3, height: 1, data: Uint8Array.of(10, 10, 10, 20, 20, 20, 0, 0, 0) };
  const pixels = { width: 3, height: 1, data: Uint8Array.of(10, 10, 10, 26, 20, 11, 3, 0, 0) };
  // |6| + |0| + |-9| over three channels; with the third pixel 3 more over three more
  expect(visibilityOf(before, { pixels, mask: Uint8Array.of(0, 1, 0) })).toBe(5);
  expect(visibilityOf(before, { pixels, mask: Uint8Array.of(0, 1, 1) })).toBe(3);
  expect(visibilityOf(before, { pixels, mask: Uint8Array.of(0, 0, 0) })).toBe(0);
});

import { expect, it } from "vitest";
import { cividis, type Colour } from "./colour-map.ts";

/** CIE lightness of an sRGB colour, 0 to 100. */
const lightness = (colour: Colour): number => {
  const [r, g, b] = colour.map((v) => {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  const y = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (24389 / 27) * y;
};

it("rises evenly in lightness from dark blue to yellow", () => {
  const steps = Array.from({ length: 20 }, (_, i) => lightness(cividis((i + 1) / 20)) - lightness(cividis(i / 20)));
  expect(Math.min(...steps)).toBeGreaterThan(3.2);
  expect(Math.max(...steps)).toBeLessThan(4.8);
  expect(cividis(0)[2]).toBeGreaterThan(cividis(0)[0]);
  expect(cividis(1)[0]).toBeGreaterThan(cividis(1)[2]);
});

it("is near the published table at its ends and in the middle", () => {
  // cividis of matplotlib: (0, 34, 78), (124, 123, 120), (254, 232, 56)
  for (const [t, wanted] of [
    [0, [0, 34, 78]],
    [0.5, [124, 123, 120]],
    [1, [254, 232, 56]],
  ] as const)
    cividis(t).forEach((v, c) => expect(Math.abs(v - wanted[c]!)).toBeLessThan(14));
});

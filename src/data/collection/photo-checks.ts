import type { PhotoMeasures } from "./measure-photo.ts";

/** A photo that is out of range on one side: what it is called, and what to do about it. */
export interface Fault {
  readonly title: string;
  readonly advice: string;
}

/** One thing that every photo is checked for. */
export interface PhotoCheck {
  readonly key: Exclude<keyof PhotoMeasures, "angle" | "cells">;
  /** What the number is, for people. */
  readonly what: string;
  /** The least and the largest number there can be. */
  readonly range: readonly [number, number];
  /** Digits that say something, before and after the point. */
  readonly digits: number;
  /** What matters of two numbers: their ratio, the difference of their roots (shares near 0), or their difference. */
  readonly scale: "ratio" | "root" | "difference";
  /** Below the least; absent where little of it is no fault. */
  readonly low?: Fault;
  /** Above the most. */
  readonly high?: Fault;
}

/** What photos are checked for, in the order of a specification. */
export const photoChecks: readonly PhotoCheck[] = [
  {
    key: "size",
    what: "shorter side, in pixels",
    range: [1, Infinity],
    digits: 0,
    scale: "ratio",
    low: { title: "too small", advice: "Take the photo at a higher resolution, or closer; do not enlarge it." },
  },
  {
    key: "shape",
    what: "longer side over shorter side; 1 is a square",
    range: [1, Infinity],
    digits: 2,
    scale: "ratio",
    high: { title: "too long", advice: "Crop to the thing itself: squeezed into a square it would be hard to see." },
  },
  {
    key: "brightness",
    what: "mean brightness, 0 black to 1 white",
    range: [0, 1],
    digits: 3,
    scale: "difference",
    low: { title: "too dark", advice: "More light, or a longer exposure; take the photo again." },
    high: { title: "too bright", advice: "Less light, or a shorter exposure; keep lamps out of the picture." },
  },
  {
    key: "contrast",
    what: "how far brightness varies within a photo (standard deviation, 0 to 0.5)",
    range: [0, 0.5],
    digits: 3,
    scale: "difference",
    low: { title: "too flat", advice: "Light from the side, a clean lens, no fog or glare." },
  },
  {
    key: "black",
    what: "share of the photo that is wholly black: nothing can be seen there",
    range: [0, 1],
    digits: 3,
    scale: "root",
    high: { title: "too much pure black", advice: "Light the shadows, or expose longer; check for a covered lens." },
  },
  {
    key: "white",
    what: "share of the photo that is wholly white: burnt out, nothing can be seen there",
    range: [0, 1],
    digits: 3,
    scale: "root",
    high: { title: "too much pure white", advice: "Expose shorter, and turn shiny parts away from the lamp." },
  },
  {
    key: "sharpness",
    what: "variance of the Laplacian at 256 x 256 pixels: low where the photo is blurred",
    range: [0, Infinity],
    digits: 1,
    scale: "ratio",
    low: {
      title: "blurred",
      advice: "Hold the camera still, wait for the focus, wipe the lens; take the photo again.",
    },
  },
  {
    key: "warmth",
    what: "colour cast from blue (below 0) to yellow (above 0)",
    range: [-1, 1],
    digits: 3,
    scale: "difference",
    low: { title: "too blue", advice: "Set the white balance by hand, and use the same lamps for all classes." },
    high: { title: "too yellow", advice: "Set the white balance by hand, and use the same lamps for all classes." },
  },
  {
    key: "tint",
    what: "colour cast from green (below 0) to magenta (above 0)",
    range: [-1, 1],
    digits: 3,
    scale: "difference",
    low: { title: "too green", advice: "Set the white balance by hand, and use the same lamps for all classes." },
    high: { title: "too magenta", advice: "Set the white balance by hand, and use the same lamps for all classes." },
  },
];

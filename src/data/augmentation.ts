import type { Pixels } from "../base/preprocess.ts";
import type { Random } from "../base/random.ts";
import type { Homography, Size } from "./warp.ts";

/** What was drawn for one picture: numbers by parameter, nothing else; the same draw gives the same picture. */
export type Draw = Readonly<Record<string, number>>;

/** Lowest and highest value. */
export type Range = readonly [low: number, high: number];

/** A range for every parameter. */
export type Ranges = Readonly<Record<string, Range>>;

interface Member {
  readonly name: string;
  /** What parameters are drawn from, unless a policy says otherwise. */
  readonly defaults: Ranges;
  /** What they are drawn from at full magnitude (RandAugment, TrivialAugment). */
  readonly strong: Ranges;
  /** What no policy may go beyond: outside, the parameter means nothing. */
  readonly limits: Ranges;
  /** The draw that leaves a picture as it is: what magnitudes grow from. */
  readonly neutral: Draw;
  readonly sample: (ranges: Ranges, random: Random) => Draw;
}

/** An augmentation that moves things: all that follow each other become one warp, with a single resampling. */
export interface Geometry extends Member {
  readonly kind: "geometry";
  /** Where each place of the new picture comes from. */
  readonly map: (draw: Draw, size: Size) => Homography;
}

/** An augmentation that changes pixels where they are; gives a new picture of the same size. */
export interface Retouch extends Member {
  readonly kind: "retouch";
  readonly apply: (pixels: Pixels, draw: Draw) => Pixels | Promise<Pixels>;
}

export type Augmentation = Geometry | Retouch;

import type { Interval } from "./evidence.ts";

/** Standard normal quantile at 97.5 %. */
const Z = 1.959963984540054;

/**
 * The 95 % interval of a difference of two shares of the same images, right also where they hardly differ: with no image
 * gained or lost of n it is ± 2.8 / n, not nothing.
 *
 * @param gained  images right by the second alone
 * @param lost  images right by the first alone
 * @see Bonett & Price 2012, adjusted Wald interval for paired data. https://doi.org/10.3102/1076998611411915
 */
export const pairedProportions = (n: number, gained: number, lost: number): Interval => {
  const [up, down] = [(gained + 1) / (n + 2), (lost + 1) / (n + 2)];
  const centre = up - down;
  const half = Z * Math.sqrt((up + down - centre ** 2) / (n + 2));
  return { low: centre - half, high: centre + half };
};

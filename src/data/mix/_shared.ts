import type { Random } from "../../base/random.ts";

/**
 * A number from Gamma(alpha, 1), alpha >= 1.
 *
 * @see Marsaglia & Tsang 2000, section 4. https://doi.org/10.1145/358407.358414
 */
export const gamma = (alpha: number, random: Random): number => {
  const d = alpha - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
};

/**
 * A number from Beta(alpha, alpha), in [0, 1].
 *
 * @param alpha  > 0
 * @see Jöhnk 1964 up to an alpha of 1: of u^(1/α) and v^(1/α) that together are at most 1, the first as a share of
 *   both; above, where these are hardly ever found, of two gamma variates.
 */
export const beta = (alpha: number, random: Random): number => {
  const isLarge = alpha > 1;
  const draw = (): number => (isLarge ? gamma(alpha, random) : random.uniform() ** (1 / alpha));
  for (;;) {
    const [x, y] = [draw(), draw()];
    if (x + y > 0 && (isLarge || x + y <= 1)) return x / (x + y);
  }
};

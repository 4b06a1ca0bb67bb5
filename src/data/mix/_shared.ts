import type { Random } from "../../base/random.ts";

/**
 * A number from Beta(alpha, alpha), in [0, 1].
 *
 * @see Jöhnk 1964: of u^(1/α) and v^(1/α) that together are at most 1, the first as a share of both.
 */
export const beta = (alpha: number, random: Random): number => {
  for (;;) {
    const x = random.uniform() ** (1 / alpha);
    const y = random.uniform() ** (1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
};

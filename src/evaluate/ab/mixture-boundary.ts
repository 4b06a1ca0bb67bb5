/** Smallest and largest λ of the mixture; λ < 1 by the inequality below. */
const [LEAST, MOST] = [0.015, 0.85];
const COUNT = 32;

/** λ evenly spaced in its logarithm, so that effects and sample sizes of very unlike size are all seen. */
const LAMBDAS = Float64Array.from({ length: COUNT }, (_, k) => LEAST * (MOST / LEAST) ** (k / (COUNT - 1)));
/** ψ(λ) = -log(1 - λ) - λ of each. */
const PSIS = LAMBDAS.map((lambda) => -Math.log1p(-lambda) - lambda);

/**
 * Logarithm of the evidence that a sum has outgrown its expectation: of a mixture over λ of
 * exp(λ s - ψ(λ) v), s the sum minus what is claimed of it, v the sum of squares.
 *
 * For terms ξ >= -1 and any λ in [0, 1), exp(λ ξ - ψ(λ) ξ²) <= 1 + λ ξ (Fan, Grama & Liu 2015), so that with
 * a true claim each factor, and with it the mixture, is a supermartingale: the chance that the evidence ever exceeds
 * log(1 / α), at whichever of all sample sizes, is at most α (Ville).
 *
 * @returns natural logarithm; compare with log(1 / α)
 * @see Howard et al. 2021, theorem 4 and section 3.4, discrete mixtures. https://arxiv.org/abs/1810.08240
 */
export const logEvidence = (s: number, v: number): number => {
  let most = -Infinity;
  for (let k = 0; k < COUNT; k++) most = Math.max(most, LAMBDAS[k]! * s - PSIS[k]! * v);
  let sum = 0;
  for (let k = 0; k < COUNT; k++) sum += Math.exp(LAMBDAS[k]! * s - PSIS[k]! * v - most);
  return most + Math.log(sum / COUNT);
};

/**
 * Whether the evidence reaches log(1 / alpha): at once where even the best λ would not, which is nearly always.
 *
 * The largest of λ s - ψ(λ) v over all λ is v (x - log(1 + x)), x = s / v.
 */
export const isReached = (s: number, v: number, alpha: number): boolean => {
  if (s <= 0) return false;
  const wanted = Math.log(1 / alpha);
  const x = s / v;
  return (v === 0 || v * (x - Math.log1p(x)) >= wanted) && logEvidence(s, v) >= wanted;
};

/** Halvings of the interval in which the boundary is sought. */
const STEPS = 60;

/**
 * How far a sum can stray above its expectation: the smallest s >= 0 at which the evidence reaches log(1 / alpha).
 *
 * @param v  sum of squares, >= 0
 * @param alpha  chance of being wrong at any sample size, in (0, 1)
 */
export const boundary = (v: number, alpha: number): number => {
  const wanted = Math.log(1 / alpha);
  // the term of the largest λ alone is enough there
  let [low, high] = [0, (wanted + Math.log(COUNT) + PSIS[COUNT - 1]! * v) / LAMBDAS[COUNT - 1]!];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (logEvidence(middle, v) >= wanted) high = middle;
    else low = middle;
  }
  return high;
};

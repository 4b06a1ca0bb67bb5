/** What is kept of how many keys came to each arm: plain numbers, by arm. */
export interface SampleRatioState {
  readonly counts: readonly number[];
  /** How many should have come, by the shares at the time. */
  readonly expected: readonly number[];
  /** Logarithm of the evidence against the shares. */
  readonly logEvidence: number;
}

/** Weight of the belief that the shares are right: so many imaginary keys came to the arms by them. */
const PRIOR = 200;

export const emptySampleRatio = (arms: number): SampleRatioState => ({
  counts: new Array<number>(arms).fill(0),
  expected: new Array<number>(arms).fill(0),
  logEvidence: 0,
});

/**
 * Takes up the first time that a key comes: the arm it was given, and the shares then.
 *
 * The evidence is the Bayes factor of "the counts follow shares of their own" (a Dirichlet belief around the wanted
 * ones) against the wanted shares, built up key by key, so that the shares may change while it runs. Under the wanted
 * shares it is a martingale: it ever exceeds 1 / α with probability α at most.
 * Differs from the paper, where shares are constant: what is learned is how each arm's count stands to what was
 * expected; with constant shares the two agree.
 *
 * @param shares  probability of each arm, summing to 1
 * @see Lindon & Malek 2022, section 3. https://arxiv.org/abs/2011.03567
 */
export const observeAssignment = (
  state: SampleRatioState,
  arm: number,
  shares: readonly number[],
): SampleRatioState => {
  const { counts, expected } = state;
  const tilted = shares.map((share, i) =>
    share === 0 ? 0 : (share * (PRIOR * share + counts[i]!)) / (PRIOR * share + expected[i]!),
  );
  const predicted = tilted[arm]! / tilted.reduce((a, b) => a + b, 0);
  return {
    counts: counts.map((n, i) => (i === arm ? n + 1 : n)),
    expected: expected.map((n, i) => n + shares[i]!),
    logEvidence: state.logEvidence + (shares[arm]! > 0 ? Math.log(predicted / shares[arm]!) : Infinity),
  };
};

/** Whether the arms did not get their shares, with a chance of a false alarm of at most `alpha` over all looks. */
export const isMismatched = ({ logEvidence }: SampleRatioState, alpha: number): boolean =>
  logEvidence >= Math.log(1 / alpha);

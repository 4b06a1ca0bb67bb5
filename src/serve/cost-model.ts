/** How long a batch takes, learned while serving: milliseconds = perItem n + fixed. */
export interface CostModel {
  /** Takes in one batch that was run. */
  observe(items: number, ms: number): void;
  /** Expected time of a batch of `items`, in milliseconds, never negative; 0 before anything was observed. */
  predict(items: number): number;
  /** Thinks a tenth better of the engine: for when nothing is run because all seems hopeless. */
  doubt(): void;
  /** Milliseconds, neither negative. */
  readonly perItemMs: number;
  readonly fixedMs: number;
}

/** Share of its weight that an observation keeps after each further one: the last fifty batches count. */
const MEMORY = 0.98;
/** Variance before anything is known, and the bound that keeps it from growing while all batches are of one size. */
const UNSURE = 1e4;

/**
 * Recursive least squares with exponential forgetting, two unknowns.
 *
 *     k = P x / (m + x' P x),  w' = w + k (ms - w x),  P' = (P - k x' P) / m,  x = (items, 1)
 *
 * An observation more than twice what was expected counts as twice: a pause of the machine is not the engine's time.
 */
export const createCostModel = (): CostModel => {
  let [perItem, fixed] = [0, 0];
  let [p11, p12, p22] = [UNSURE, 0, UNSURE];
  let seen = 0;
  const predict = (items: number): number => Math.max(0, perItem * items + fixed);
  return {
    observe: (items, ms) => {
      const expected = perItem * items + fixed;
      const error = (seen++ < 3 ? ms : Math.min(ms, 2 * Math.max(expected, 0.1))) - expected;
      const [px1, px2] = [p11 * items + p12, p12 * items + p22];
      const scale = MEMORY + items * px1 + px2;
      const [k1, k2] = [px1 / scale, px2 / scale];
      perItem += k1 * error;
      fixed += k2 * error;
      const next = [p11 - k1 * px1, p12 - k1 * px2, p22 - k2 * px2] as const;
      const keep = (next[0] + next[2]) / MEMORY > 2 * UNSURE ? 1 : MEMORY;
      [p11, p12, p22] = [next[0] / keep, next[1] / keep, next[2] / keep];
    },
    predict,
    doubt: () => {
      perItem *= 0.9;
      fixed *= 0.9;
    },
    get perItemMs() {
      return Math.max(0, perItem);
    },
    get fixedMs() {
      return Math.max(0, fixed);
    },
  };
};

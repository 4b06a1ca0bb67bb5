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
/** How strongly an estimate is held to the one before, against one observation's weight of 1. */
const HELD = 1e-3;

/**
 * Least squares with exponential forgetting: the line (a, b) that minimises
 *
 *     sum of MEMORY^age (ms - a items - b)^2 + HELD ((a - a')^2 + (b - b')^2)
 *
 * where (a', b') is the estimate before, so that batches of one size only, which cannot tell the two apart, leave
 * their split as it was. An observation of more than twice what was expected counts as twice: a pause of the machine is
 * not the engine's time.
 */
export const createCostModel = (): CostModel => {
  let [perItem, fixed] = [0, 0];
  let [weight, items1, items2, ms1, itemsMs] = [0, 0, 0, 0, 0];
  let seen = 0;
  const solve = (): void => {
    const [a11, a22] = [items2 + HELD, weight + HELD];
    const [b1, b2] = [itemsMs + HELD * perItem, ms1 + HELD * fixed];
    const determinant = a11 * a22 - items1 * items1;
    [perItem, fixed] = [(b1 * a22 - items1 * b2) / determinant, (a11 * b2 - items1 * b1) / determinant];
  };
  return {
    observe: (items, ms) => {
      const most = seen++ < 3 ? ms : 2 * Math.max(perItem * items + fixed, 0.1);
      const counted = Math.min(ms, most);
      weight = MEMORY * weight + 1;
      items1 = MEMORY * items1 + items;
      items2 = MEMORY * items2 + items * items;
      ms1 = MEMORY * ms1 + counted;
      itemsMs = MEMORY * itemsMs + items * counted;
      solve();
    },
    predict: (items) => Math.max(0, perItem * items + fixed),
    doubt: () => {
      perItem *= 0.9;
      fixed *= 0.9;
      ms1 *= 0.9;
      itemsMs *= 0.9;
    },
    get perItemMs() {
      return Math.max(0, perItem);
    },
    get fixedMs() {
      return Math.max(0, fixed);
    },
  };
};

import { dataError, optionError } from "../base/errors.ts";
import { shuffled, type Random } from "../base/random.ts";

/**
 * The rows of each step of an epoch, classes in equal parts whatever their sizes.
 *
 * Classes take turns in shuffled rounds; each hands out its rows in shuffled order, and starts again when through.
 * @param labels  class index of every row
 * @param options.rows  those to draw from
 * @returns ceil(rows / batch) steps of `batch` rows each
 */
export const balancedEpoch = (
  labels: Int32Array,
  { rows, batch, random }: { readonly rows: readonly number[]; readonly batch: number; readonly random: Random },
): number[][] => {
  const byClass = new Map<number, number[]>();
  for (const row of rows) byClass.set(labels[row]!, [...(byClass.get(labels[row]!) ?? []), row]);
  const classes = [...byClass.keys()].sort((a, b) => a - b);
  const queues = new Map<number, number[]>();
  let turns: number[] = [];
  const next = (): number => {
    if (turns.length === 0) turns = shuffled(classes, random);
    const c = turns.pop()!;
    const queue = queues.get(c)?.length ? queues.get(c)! : shuffled(byClass.get(c)!, random);
    queues.set(c, queue);
    return queue.pop()!;
  };
  return Array.from({ length: Math.ceil(rows.length / batch) }, () => Array.from({ length: batch }, next));
};

/**
 * Class indices of labels given as names or indices, all checked before anything is trained.
 *
 * @throws dataError E_LABEL_RANGE naming the first that is outside the classes
 */
export const checkLabels = (labels: ArrayLike<number | string>, classes: readonly string[]): Int32Array => {
  if (classes.length < 2) throw optionError(`classes: wanted at least 2, got ${classes.length}`);
  return Int32Array.from({ length: labels.length }, (_, i) => {
    const label = labels[i]!;
    const index = typeof label === "string" ? classes.indexOf(label) : label;
    if (Number.isInteger(index) && index >= 0 && index < classes.length) return index;
    const wanted =
      typeof label === "string" ? `one of ${classes.join(", ")}` : `a class index in 0 .. ${classes.length - 1}`;
    throw dataError("E_LABEL_RANGE", `label of row ${i}: wanted ${wanted}, got ${JSON.stringify(label)}`, {
      hint: "Name the class among the classes, or mend the label.",
    });
  });
};

import { optionError } from "../base/errors.ts";
import type { DataSet } from "./dataset.ts";

/**
 * The same data set with groups read from names: items whose names match alike belong together, by the first group of
 * the pattern, or by all that it matched. Names without a match, and groups declared in a manifest, stay as they are.
 *
 * @throws E_OPTION where it matches no name
 */
export const groupByName = (dataset: DataSet, pattern: RegExp | undefined): DataSet => {
  if (!pattern) return dataset;
  const keys = dataset.items.map(({ name }) => {
    const match = pattern.exec(name);
    return match ? (match[1] ?? match[0]) : null;
  });
  const missed = keys.filter((key) => key === null).length;
  if (missed === keys.length)
    throw optionError(
      `--group-by ${pattern.source}: wanted a pattern of the photos' names, got one that matches none`,
      {
        hint: `The first name is "${dataset.items[0]!.name}".`,
      },
    );
  const items = dataset.items.map((item, i) =>
    keys[i] === null || item.group !== null ? item : { ...item, group: keys[i]! },
  );
  const warning = {
    code: "W_UNGROUPED",
    message: `--group-by matches not ${missed} of ${keys.length} names: each of those stands for itself`,
  };
  return { ...dataset, items, warnings: missed > 0 ? [...dataset.warnings, warning] : dataset.warnings };
};

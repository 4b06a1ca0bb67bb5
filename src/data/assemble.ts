import { SPLITS, type DataSet, type Item, type Split, type Warning } from "./dataset.ts";
import { compareNames } from "./names.ts";
import type { Encounters } from "./walk.ts";

/** Names in a warning before it says how many more there are. */
const SHOWN = 5;

const listed = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? `, ... (${names.length} in all)` : "");

const images = (count: number): string => `${count} ${count === 1 ? "image" : "images"}`;

/** Names that a file system or a person may take for one: equal but for case or for how accents are written. */
const twinWarnings = (names: readonly string[]): Warning[] => {
  const byKey = new Map<string, string[]>();
  for (const name of names) {
    const key = name.normalize("NFC").toLowerCase();
    byKey.set(key, [...(byKey.get(key) ?? []), name]);
  }
  return [...byKey.values()]
    .filter((twins) => twins.length > 1)
    .map((twins) => ({
      code: "W_CLASS_TWINS",
      message: `classes ${twins.map((name) => `"${name}"`).join(" and ")} differ only in case or accents and are kept apart; merge the folders if they mean one class`,
    }));
};

const syntheticWarnings = ({ synthetic }: Encounters): Warning[] =>
  synthetic.length === 0
    ? []
    : [
        {
          code: "W_SYNTHETIC",
          message: `made pictures were passed over: ${listed([...synthetic].sort(compareNames))}; they are no photos, but may help learning with --synthetic <folder>`,
        },
      ];

/** Images by label of the items of one split. */
const countLabels = (items: readonly Item[], split: Split | null): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items)
    if (item.label !== null && item.split === split) counts.set(item.label, (counts.get(item.label) ?? 0) + 1);
  return counts;
};

/**
 * Classes are those of the training split where there is one: what cannot be learned cannot be tested, and what is
 * only in training has index all the same.
 */
const matchSplits = (items: readonly Item[]): { kept: readonly Item[]; classes: string[]; warnings: Warning[] } => {
  const labels = new Set<string>();
  const trained = countLabels(items, "train");
  for (const item of items)
    if (item.label !== null && (trained.size === 0 || item.split === "train")) labels.add(item.label);
  const classes = [...labels].sort(compareNames);
  if (trained.size === 0) return { kept: items, classes, warnings: [] };
  const warnings: Warning[] = [];
  for (const split of SPLITS.slice(1)) {
    const counts = countLabels(items, split);
    const extra = [...counts].filter(([name]) => !labels.has(name)).sort(([a], [b]) => compareNames(a, b));
    const missing = classes.filter((name) => !counts.has(name));
    const dropped = extra.reduce((sum, [, count]) => sum + count, 0);
    if (extra.length > 0)
      warnings.push({
        code: "W_CLASS_DROPPED",
        message: `only in ${split}, not in train: ${listed(extra.map(([name]) => name))}; ${images(dropped)} left out`,
      });
    if (counts.size > 0 && missing.length > 0)
      warnings.push({ code: "W_CLASS_MISSING", message: `in train, not in ${split}: ${listed(missing)}` });
  }
  const kept = items.filter((item) => item.label === null || labels.has(item.label));
  return { kept, classes, warnings };
};

/**
 * A data set from items in any order: sorts them, fixes the classes, matches them by name across splits.
 *
 * @param found.emptyClasses  folders for a class that hold no image
 */
export const assemble = (found: {
  readonly root: string;
  readonly layout: DataSet["layout"];
  readonly items: readonly Item[];
  readonly emptyClasses: readonly string[];
  readonly met: Encounters;
  readonly warnings: readonly Warning[];
}): DataSet => {
  const { kept, classes, warnings } = matchSplits(found.items);
  const taken = new Set(kept);
  const dropped = kept.length < found.items.length ? found.items.filter((item) => !taken.has(item)) : [];
  const { skipped, ignored, ignoredExamples } = found.met;
  return {
    root: found.root,
    layout: found.layout,
    classes: Object.freeze(classes),
    items: [...kept].sort((a, b) => compareNames(a.name, b.name)),
    ...(dropped.length > 0 && { dropped }),
    emptyClasses: [...new Set(found.emptyClasses)].filter((name) => !classes.includes(name)).sort(compareNames),
    skipped: [...skipped].sort((a, b) => compareNames(a.name, b.name)),
    ignored,
    ignoredExamples: [...ignoredExamples].sort(compareNames),
    warnings: [...found.warnings, ...syntheticWarnings(found.met), ...warnings, ...twinWarnings(classes)],
  };
};

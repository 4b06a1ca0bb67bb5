import { dirname, relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { SPLITS, type DataSet, type Item } from "../../data/dataset.ts";
import type { FrozenSplit } from "../../pipeline/freeze-split.ts";
import type { Context } from "../command.ts";
import { count, firstOf, printable } from "../format.ts";
import { between, groupOption, whole } from "../options.ts";
import type { DataAction } from "./_data-action.ts";

const SHOWN = 5;

const countSplits = (items: readonly Item[]): { split: string; photos: number }[] =>
  SPLITS.map((split) => ({ split, photos: items.filter((item) => item.split === split).length }));

/** Classes with no photo on one side. */
const missing = (classes: readonly string[], items: readonly Item[], split: string): string[] => {
  const has = new Set(items.filter((item) => item.split === split).map(({ label }) => label));
  return classes.filter((name) => !has.has(name));
};

/** The file to write: a name of a manifest under which nothing is there. */
const outOf = async ({ out = "manifest.csv" }: Readonly<Record<string, unknown>>, cwd: string): Promise<string> => {
  const path = resolve(cwd, String(out));
  if (!/\.(csv|jsonl)$/i.test(path))
    throw optionError(`-o ${String(out)}: wanted a name that ends in .csv or .jsonl`, {
      hint: splitAction.examples[0]!,
    });
  const { stat } = await import("node:fs/promises");
  if (await stat(path).catch(() => null))
    throw optionError(`${relative(cwd, path)} is there already`, { hint: "Choose another name, or delete it." });
  return path;
};

const report = (
  { classes }: DataSet,
  { items, audit, groups }: FrozenSplit,
  out: string,
  { print, json, cwd }: Context,
): void => {
  const splits = countSplits(items);
  const gaps = (["train", "test"] as const).map((split) => ({ split, classes: missing(classes, items, split) }));
  if (json) {
    const unreadable = audit.unreadable.map(({ name, reason }) => ({ name, reason }));
    print(JSON.stringify({ out, splits, groups, missing: gaps, unreadable }));
    return;
  }
  const parts = splits.map(({ split, photos }) => `${split} ${photos}`).join(", ");
  print(`${parts}; ${count(items.length, "photo")} in ${count(groups, "group")} that stay together`);
  for (const { split, classes: own } of gaps)
    if (own.length > 0) print(`! no photo in ${split}: ${firstOf(own.map(printable), SHOWN)}`);
  if (audit.unreadable.length > 0)
    print(
      `! left out, not readable: ${firstOf(
        audit.unreadable.map(({ name }) => printable(name)),
        SHOWN,
      )}`,
    );
  print(`Next: handful train ${printable(relative(cwd, out))}`);
};

const freeze: DataAction["run"] = async ([photos], options, context) => {
  if (photos === undefined)
    throw optionError("data split: wanted <photos>, got nothing", { hint: splitAction.examples[0]! });
  const out = await outOf(options, context.cwd);
  const { scanDataset } = await import("../../data/scan.ts");
  const { freezeSplit, namedFrom } = await import("../../pipeline/freeze-split.ts");
  const { writeWhole } = await import("../../pipeline/run-folder.ts");
  const { manifestLines, manifestRowsOf } = await import("../../data/write-manifest.ts");
  const dataset = await scanDataset(resolve(context.cwd, photos), {
    groupBy: options.groupBy as RegExp | undefined,
  });
  namedFrom(dirname(out), dataset.root, []); // refuses before photos are read
  const bar = context.progress("Reading", "img");
  const frozen = await freezeSplit(dataset, {
    by: (options.by ?? "stratified") as "stratified",
    shares: { test: Number(options.test ?? 0.2), validation: Number(options.validation ?? 0) },
    seed: Number(options.seed ?? 0),
    onProgress: (done, total) => {
      context.signal.throwIfAborted();
      bar.update(done, total);
    },
  }).finally(() => bar.end());
  const named = namedFrom(dirname(out), dataset.root, frozen.items);
  const lines = out.endsWith(".csv") ? manifestRowsOf(named) : manifestLines(named);
  await writeWhole(out, `${[...lines].join("\n")}\n`);
  report(dataset, frozen, out, context);
};

export const splitAction: DataAction = {
  name: "split",
  summary: "training and test, frozen in a manifest",
  arguments: "<photos>",
  isLoose: true,
  options: [
    {
      flags: "--by <how>",
      description: "split: at random with classes in proportion (when left out), by groups too, or the newest as test",
      choices: ["stratified", "group", "time"],
    },
    {
      flags: "--test <share>",
      description: "split: share of photos to test on; 0.2 when left out",
      parse: between(0, 1),
    },
    {
      flags: "--validation <share>",
      description: "split: share of photos to validate on; 0 when left out",
      parse: between(0, 1),
    },
    groupOption,
    { flags: "--seed <number>", description: "split: seed of what is drawn by lot; 0 when left out", parse: whole(0) },
    { flags: "-o, --out <file>", description: "spec, split: the file to write; spec.yaml, manifest.csv when left out" },
  ],
  examples: [
    "handful data split ./photos --by stratified --test 0.2 -o ./photos/metadata.csv",
    'handful data split ./photos --by group --group-by "/(p[0-9]+)_" --test 0.2',
    "handful data split manifest.csv --by time --test 0.2 -o by-time.csv",
  ],
  run: freeze,
};

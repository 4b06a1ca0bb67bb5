import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { ClassNeeds } from "../../pipeline/suggest-classes.ts";
import type { FirstSuggestions } from "../../pipeline/suggest-first.ts";
import type { Suggestions } from "../../pipeline/suggest.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count as counted, percent, percentRange, printable } from "../format.ts";
import { backboneOptions, machineOptions, whole } from "../options.ts";
import { chooseBackbone } from "./_shared.ts";

const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;

const printNamed = (list: readonly { readonly name: string; readonly reason: string }[], { print }: Context): void => {
  const width = Math.max(...list.map(({ name }) => printable(name).length));
  for (const { name, reason } of list) print(`  ${printable(name).padEnd(width)}  ${printable(reason)}`);
};

const printFirst = (
  { strategy, photos, unreadable, copies, suggestions }: FirstSuggestions,
  context: Context,
): void => {
  if (unreadable > 0) context.note(`! ${counted(unreadable, "photo")} cannot be read`);
  if (copies > 0) context.note(`! ${counted(copies, "photo")} are copies of others, so not suggested`);
  context.print(`Of ${counted(photos, "photo")}, none labelled, those to label first (${strategy}):`);
  printNamed(suggestions, context);
  context.print("Next: put them into one folder a class, and handful train; then handful suggest <model> <pool>");
};

const printNeeds = ({ classes, basis, gain }: ClassNeeds, { print }: Context): void => {
  if (classes.length === 0) print(`No class stands out as needing photos, by ${basis}.`);
  else print(`Classes that need photos, the neediest first, by ${basis}:`);
  for (const { name, photos, recall, kinds } of classes) {
    const limits = recall?.interval ? ` (${percentRange(recall.interval)})` : "";
    const known = recall ? `recall ${percent(recall.value)}${limits}, ` : "";
    print(`  ${printable(name)}: ${known}${counted(photos, "photo")}`);
    for (const kind of kinds) print(`    photos ${printable(kind)}`);
  }
  if (gain)
    print(
      `Expected    ${points(gain.value)} points of accuracy by twice the photos (95 %: ${points(gain.low)} to ${points(gain.high)}), by the learning curve`,
    );
};

const printSuggestions = (
  { strategy, photos, known, unreadable, suggestions, gain, stop }: Suggestions,
  context: Context,
): void => {
  const { print, note } = context;
  if (unreadable > 0) note(`! ${counted(unreadable, "photo")} cannot be read`);
  if (known > 0) note(`! ${counted(known, "photo")} look like one that is labelled, so not suggested`);
  print(`Of ${counted(photos, "photo")}, those most worth a label (${strategy}):`);
  printNamed(suggestions, context);
  if (gain)
    print(
      `Expected    ${points(gain.value)} points of accuracy by ${suggestions.length} more photos (95 %: ${points(gain.low)} to ${points(gain.high)}), by the learning curve`,
    );
  else print("Expected    not known: the model has no learning curve beside it (metrics.json of its run)");
  print(stop);
};

type Options = Readonly<Record<string, unknown>>;

/** Whether a path is a folder of photos, not a model or the folder of a run. @throws E_MODEL_MISSING for one of runs */
const isPhotos = async (path: string): Promise<boolean> => {
  const { modelPath } = await import("../../pipeline/open-model.ts");
  const file = await modelPath(path);
  return file !== path && (await stat(file).catch(() => null)) === null;
};

const settingsOf = (options: Options) => ({
  count: Number(options.count),
  seed: Number(options.seed),
  ...(typeof options.threads === "number" && { threads: options.threads }),
});

const cacheOf = async (options: Options, { env }: Context): Promise<string> => {
  const { cacheDirectory } = await import("../../pipeline/open-model.ts");
  return typeof options.cacheDir === "string" ? options.cacheDir : cacheDirectory(env);
};

/** Which photos to label first, where there is no model. */
const first = async (photos: string, options: Options, context: Context): Promise<void> => {
  const { suggestFirst } = await import("../../pipeline/suggest-first.ts");
  if (options.strategy !== "auto" && options.strategy !== "typiclust")
    throw optionError(`--strategy ${String(options.strategy)} needs a model`, {
      hint: "Give a model and the photos, or leave --strategy out.",
    });
  const backbone = await chooseBackbone(options, context);
  const embedding = context.progress("Embedding", "img");
  const found = await suggestFirst({
    ...settingsOf(options),
    photos,
    backbone,
    cacheDir: await cacheOf(options, context),
    ...(typeof options.features === "string" && { features: options.features }),
    on: { embedding: ({ done, total }) => embedding.update(done, total) },
    signal: context.signal,
  });
  embedding.end();
  if (context.json) context.print(JSON.stringify(found));
  else printFirst(found, context);
};

/** Which classes need photos, where there is no pool. */
const needs = async (path: string, options: Options, context: Context): Promise<void> => {
  const { modelPath, openModel } = await import("../../pipeline/open-model.ts");
  const { readRunMetrics } = await import("../../pipeline/run-metrics.ts");
  const { suggestClasses } = await import("../../pipeline/suggest-classes.ts");
  const file = await modelPath(path);
  const model = await openModel(file, { cacheDir: await cacheOf(options, context) });
  await model.close();
  const found = suggestClasses(model.metadata, await readRunMetrics(file));
  if (context.json) context.print(JSON.stringify(found));
  else printNeeds(found, context);
};

/** Which photos of a pool to label next. */
const next = async ([path, pool]: readonly [string, string], options: Options, context: Context): Promise<void> => {
  const { modelPath, openModel } = await import("../../pipeline/open-model.ts");
  const { scanDataset } = await import("../../data/scan.ts");
  const { suggest } = await import("../../pipeline/suggest.ts");
  const file = await modelPath(path);
  const { items } = await scanDataset(pool);
  const { threads, ...settings } = settingsOf(options);
  const more = threads === undefined ? {} : { threads };
  const model = await openModel(file, { cacheDir: await cacheOf(options, context), ...more });
  const asking = context.progress("Asking", "img");
  try {
    const found = await suggest({
      ...settings,
      ...more,
      model,
      modelPath: file,
      items,
      strategy: String(options.strategy),
      onProgress: (done, total) => asking.update(done, total),
    });
    asking.end();
    if (context.json) context.print(JSON.stringify(found));
    else printSuggestions(found, context);
  } finally {
    await model.close();
  }
};

export const command: CommandDefinition = {
  name: "suggest",
  summary:
    "Say which photos to label next and why: of a pool, of photos without any label, or of which class and kind.",
  arguments: "<model-or-photos> [pool]",
  options: [
    { flags: "--count <number>", description: "photos to suggest", parse: whole(1, 10_000), byDefault: 20 },
    {
      flags: "--strategy <name>",
      description:
        "auto (typical photos while fewer are labelled than there are classes, then doubtful and unlike ones), typiclust, uncertainty-diversity, margin, entropy, least-confidence, core-set, random",
      byDefault: "auto",
    },
    ...backboneOptions,
    ...machineOptions,
  ],
  examples: [
    "handful suggest runs/latest ./pool --count 20",
    "handful suggest model.onnx ./pool --strategy core-set --json",
    "handful suggest ./unlabelled --backbone mobilenet-v2 --count 20",
    "handful suggest runs/latest",
  ],
  run: async ([model, pool], options, context) => {
    const path = resolve(context.cwd, String(model));
    if (pool !== undefined) return next([path, resolve(context.cwd, String(pool))], options, context);
    return (await isPhotos(path)) ? first(path, options, context) : needs(path, options, context);
  },
};

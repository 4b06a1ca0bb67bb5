import { resolve } from "node:path";
import type { Suggestions } from "../../pipeline/suggest.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count as counted, printable } from "../format.ts";
import { machineOptions, whole } from "../options.ts";

const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;

const printSuggestions = (
  { strategy, photos, known, unreadable, suggestions, gain, stop }: Suggestions,
  { print, note }: Context,
): void => {
  if (unreadable > 0) note(`! ${counted(unreadable, "photo")} cannot be read`);
  if (known > 0) note(`! ${counted(known, "photo")} look like one that is labelled, so not suggested`);
  print(`Of ${counted(photos, "photo")}, those most worth a label (${strategy}):`);
  const width = Math.max(...suggestions.map(({ name }) => printable(name).length));
  for (const { name, reason } of suggestions) print(`  ${printable(name).padEnd(width)}  ${printable(reason)}`);
  if (gain)
    print(
      `Expected    ${points(gain.value)} points of accuracy by ${suggestions.length} more photos (95 %: ${points(gain.low)} to ${points(gain.high)}), by the learning curve`,
    );
  else print("Expected    not known: the model has no learning curve beside it (metrics.json of its run)");
  print(stop);
};

export const command: CommandDefinition = {
  name: "suggest",
  summary: "Say which photos to label next, with the reason for each, and when to stop.",
  arguments: "<model> <pool>",
  options: [
    { flags: "--count <number>", description: "photos to suggest", parse: whole(1, 10_000), byDefault: 20 },
    {
      flags: "--strategy <name>",
      description:
        "auto (typical photos while fewer are labelled than there are classes, then doubtful and unlike ones), typiclust, uncertainty-diversity, margin, entropy, least-confidence, core-set, random",
      byDefault: "auto",
    },
    ...machineOptions,
  ],
  examples: [
    "handful suggest runs/latest ./pool --count 20",
    "handful suggest model.onnx ./pool --strategy core-set --json",
  ],
  run: async ([model, pool], options, context) => {
    const { cacheDirectory, modelPath, openModel } = await import("../../pipeline/open-model.ts");
    const { scanDataset } = await import("../../data/scan.ts");
    const { suggest } = await import("../../pipeline/suggest.ts");
    const path = await modelPath(resolve(context.cwd, String(model)));
    const { items } = await scanDataset(resolve(context.cwd, String(pool)));
    const threads = typeof options.threads === "number" ? { threads: options.threads } : {};
    const opened = await openModel(path, {
      cacheDir: typeof options.cacheDir === "string" ? options.cacheDir : cacheDirectory(context.env),
      ...threads,
    });
    const asking = context.progress("Asking", "img");
    try {
      const found = await suggest({
        model: opened,
        modelPath: path,
        items,
        count: Number(options.count),
        strategy: String(options.strategy),
        seed: Number(options.seed),
        ...threads,
        onProgress: (done, total) => asking.update(done, total),
      });
      asking.end();
      if (context.json) context.print(JSON.stringify(found));
      else printSuggestions(found, context);
    } finally {
      await opened.close();
    }
  },
};

import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { EpisodesScore } from "../../evaluate/episodes.ts";
import type { FewShotBench } from "../../pipeline/bench-few-shot.ts";
import type { CommandDefinition } from "../command.ts";
import { count, printable } from "../format.ts";
import { backboneOptions, machineOptions, whole } from "../options.ts";
import { chooseBackbone, machineAsked } from "./_shared.ts";

const KINDS = ["few-shot"];
/** Episodes below which an interval says little. */
const FEWEST_EPISODES = 2;

const wholes = (text: string): number[] => text.split(",").map(whole(1));

const cellOf = ({ accuracy, interval }: EpisodesScore): string =>
  `${(100 * accuracy).toFixed(2)} ± ${(50 * (interval.high - interval.low)).toFixed(2)}`;

/** Lines of a table, the last column of each setting's time that of the setting with most to learn from. */
const tableOf = ({ settings }: FewShotBench): string[][] => {
  const titles = settings.map(({ shots, unbalanced }) => `${shots}-shot${unbalanced ? " unbalanced" : ""}`);
  const slowest = settings.filter(({ unbalanced }) => !unbalanced).at(-1)!;
  const rows = slowest.scores.map(({ method, transductive, msPerEpisode }, m) => [
    method,
    transductive ? "together" : "alone",
    ...settings.map(({ scores }) => cellOf(scores[m]!)),
    msPerEpisode.toFixed(msPerEpisode < 10 ? 2 : 0),
  ]);
  return [["method", "queries", ...titles, `ms, ${slowest.shots}-shot`], ...rows];
};

const markdown = (table: readonly (readonly string[])[], notes: readonly string[]): string => {
  const lines = table.map((cells) => `| ${cells.join(" | ")} |`);
  const rule = `|${table[0]!.map(() => "---").join("|")}|`;
  return [...notes, "", lines[0]!, rule, ...lines.slice(1), ""].join("\n");
};

const plain = (table: readonly (readonly string[])[]): string[] => {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  return table.map((cells) =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
};

const describe = (bench: FewShotBench): string =>
  `${bench.ways}-way, ${bench.queries} queries a class (unbalanced: in the mean), ${bench.episodes} episodes, mean ± 95 % interval; ` +
  `${count(bench.photos, "photo")} of ${count(bench.classes, "class")}, ${printable(bench.backbone)}, ${bench.dim} features, seed ${bench.seed}`;

export const command: CommandDefinition = {
  name: "bench",
  summary: "Measure methods against each other: few-shot (heads on episodes drawn from a folder of photos).",
  arguments: "<kind> <photos>",
  options: [
    ...backboneOptions,
    { flags: "--ways <number>", description: "classes of an episode", parse: whole(2), byDefault: 5 },
    {
      flags: "--shots <numbers>",
      description: "photos of a class to learn from, several with commas between",
      parse: wholes,
      byDefault: [1, 5],
    },
    { flags: "--queries <number>", description: "photos of a class that are asked", parse: whole(1), byDefault: 15 },
    { flags: "--episodes <number>", description: "episodes", parse: whole(FEWEST_EPISODES), byDefault: 600 },
    { flags: "--methods <names>", description: "methods with commas between, or all", byDefault: "all" },
    { flags: "--unbalanced", description: "also ask classes unevenly, by a Dirichlet of concentration 2" },
    { flags: "--out <file>", description: "file for the table, in Markdown" },
    ...machineOptions,
  ],
  examples: [
    "handful bench few-shot ./photos",
    "handful bench few-shot ./photos --ways 5 --shots 1,5 --methods simple-shot,tim,laplacian-shot --unbalanced",
  ],
  run: async ([kind, photos], options, context) => {
    if (kind !== "few-shot") throw unknownName("kind of bench", String(kind), KINDS);
    const { checkPhotosPath } = await import("../../data/scan.ts");
    const { benchFewShot } = await import("../../pipeline/bench-few-shot.ts");
    const { machineText } = await import("../../pipeline/machine.ts");
    const path = resolve(context.cwd, String(photos));
    await checkPhotosPath(path);
    const methods = options.methods === "all" ? undefined : String(options.methods).split(",");
    if (methods?.includes("")) throw optionError(`--methods: wanted names, got "${String(options.methods)}"`);
    const backbone = await chooseBackbone(options, context);
    const embedding = context.progress("Embedding", "img");
    const drawing = context.progress("Episodes", "episode");
    const bench = await benchFewShot({
      photos: path,
      backbone,
      methods,
      ways: Number(options.ways),
      shots: options.shots as number[],
      queries: Number(options.queries),
      episodes: Number(options.episodes),
      unbalanced: options.unbalanced === true,
      seed: Number(options.seed),
      now: () => performance.now(),
      ...(await machineAsked(options, context)),
      ...(typeof options.features === "string" && { features: options.features }),
      on: {
        embedding: ({ done, total }) => embedding.update(done, total),
        episode: (done, total) => {
          embedding.end();
          drawing.update(done, total);
        },
      },
      signal: context.signal,
    });
    drawing.end();
    const peak = `${Math.round(process.resourceUsage().maxRSS / 1000)} MB at most`;
    const table = tableOf(bench);
    const machine = `${machineText()}; ${peak}; median time of an episode on one thread`;
    if (typeof options.out === "string") {
      const { writeFile } = await import("node:fs/promises");
      const notes = [`${describe(bench)}.`, `${context.now().toISOString().slice(0, 10)}, ${machine}.`];
      await writeFile(resolve(context.cwd, options.out), markdown(table, notes));
    }
    if (context.json) {
      context.print(JSON.stringify({ ...bench, machine: machineText() }));
      return;
    }
    context.print(describe(bench));
    for (const line of plain(table)) context.print(line);
    context.print(`Machine     ${machine}`);
    if (typeof options.out === "string") context.print(`Saved       ${printable(options.out)}`);
  },
};

import { basename, relative, resolve } from "node:path";
import type { Replay } from "../../evaluate/simulate-labelling.ts";
import type { CommandDefinition } from "../command.ts";
import { count, percent, percentRange, printable } from "../format.ts";
import { backboneOptions, machineOptions, whole } from "../options.ts";
import { chooseBackbone, machineAsked } from "./_shared.ts";

const lineOf = ({ strategy, points, saved }: Replay): string => {
  const { accuracy } = points.at(-1)!;
  const reached = `${percent(accuracy.value)}${accuracy.interval ? ` (${percentRange(accuracy.interval)})` : ""}`;
  const fewer = saved ? `, ${percent(saved.value, 0)} fewer labels for what random reaches` : "";
  const limits = saved?.interval ? ` (${percentRange(saved.interval)})` : "";
  return `${strategy.padEnd(24)} ${reached}${fewer}${limits}`;
};

export const command: CommandDefinition = {
  name: "simulate-labelling",
  summary: "Replay on labelled photos which of them to label first: accuracy by labels, strategy by strategy.",
  arguments: "<photos>",
  options: [
    ...backboneOptions,
    {
      flags: "--strategies <names>",
      description: "with commas between; random is always among them",
      byDefault: "auto,typiclust,uncertainty-diversity,margin,core-set",
    },
    { flags: "--per-class <number>", description: "photos a class in the end", parse: whole(1, 1000), byDefault: 10 },
    {
      flags: "--repeats <number>",
      description: "draws of photos to label and to ask",
      parse: whole(1, 100),
      byDefault: 5,
    },
    { flags: "--out <folder>", description: "folder for drawing and figures; a new one under runs/ when left out" },
    ...machineOptions,
  ],
  examples: [
    "handful simulate-labelling ./photos",
    "handful simulate-labelling ./photos --strategies auto,bald --repeats 10",
  ],
  run: async ([photos], options, context) => {
    const { checkPhotosPath } = await import("../../data/scan.ts");
    const { makeRunFolder } = await import("../../pipeline/run-folder.ts");
    const { replayLabelling, writeLabelling } = await import("../../pipeline/simulate-labelling.ts");
    const path = resolve(context.cwd, String(photos));
    await checkPhotosPath(path);
    const backbone = await chooseBackbone(options, context);
    const embedding = context.progress("Embedding", "img");
    const replaying = context.progress("Replaying", "run");
    const report = await replayLabelling({
      photos: path,
      backbone,
      strategies: String(options.strategies).split(","),
      perClass: Number(options.perClass),
      repeats: Number(options.repeats),
      seed: Number(options.seed),
      ...(await machineAsked(options, context)),
      ...(typeof options.features === "string" && { features: options.features }),
      on: {
        embedding: ({ done, total }) => embedding.update(done, total),
        replaying: (done, total) => {
          embedding.end();
          replaying.update(done, total);
        },
      },
      signal: context.signal,
    });
    replaying.end();
    const out = await makeRunFolder({
      ...(typeof options.out === "string" && { out: options.out }),
      photos: path,
      cwd: context.cwd,
      now: context.now(),
    });
    await writeLabelling(report, out, `Labelling ${basename(path)}, ${count(report.repeats, "draw")}`);
    if (context.json) {
      context.print(JSON.stringify({ out, ...report }));
      return;
    }
    context.print(
      `With ${count(report.most, "label")} of ${count(report.classes, "class")}, ${count(report.repeats, "draw")}:`,
    );
    for (const replay of report.replays) context.print(lineOf(replay));
    context.print(
      `${"Saved".padEnd(11)} ${printable(relative(context.cwd, out) || ".")}/  (labelling.png, labelling.json)`,
    );
  },
};

import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { CommandDefinition, OptionDefinition } from "../command.ts";
import { machineOptions } from "../options.ts";
import { cycleGan } from "./_synthesize-cycle-gan.ts";
import { defects } from "./_synthesize-defects.ts";
import { refuseForeign, type SynthesizeKind } from "./_synthesize-kind.ts";
import { style } from "./_synthesize-style.ts";

const kinds: readonly SynthesizeKind[] = [style, cycleGan, defects];

/** The flags of all kinds, each once: kinds may share one. */
const optionsOf = (all: readonly SynthesizeKind[]): OptionDefinition[] => [
  ...new Map(all.flatMap(({ options }) => options).map((option) => [option.flags, option])).values(),
];

export const command: CommandDefinition = {
  name: "synthesize",
  summary: `Make pictures from photos, to learn from and never to test on: ${kinds.map(({ name, summary }) => `${name} (${summary})`).join(", ")}.`,
  arguments: "<kind> [paths...]",
  options: [
    { flags: "--out <folder>", description: "folder for the pictures, one folder a class, and their list" },
    ...optionsOf(kinds),
    ...machineOptions.filter(({ flags }) => !flags.startsWith("--cache-dir")),
  ],
  examples: kinds.flatMap(({ examples }) => examples),
  run: async ([asked, given], options, context) => {
    const kind = kinds.find(({ name }) => name === asked);
    if (!kind)
      throw unknownName(
        "kind",
        String(asked),
        kinds.map(({ name }) => name),
      );
    const paths = (given as readonly string[]).map((path) => resolve(context.cwd, path));
    if (paths.length !== kind.paths.length)
      throw optionError(`synthesize ${kind.name}: wanted ${kind.paths.join(" ")}, got ${paths.length} paths`, {
        hint: kind.examples[0]!,
      });
    refuseForeign(kind, kinds, options);
    if (typeof options.out !== "string")
      throw optionError("no folder for the pictures was given", { hint: "Name one: --out ./made" });
    const out = resolve(context.cwd, options.out);
    if (paths.some((path) => out === path || out.startsWith(`${path}/`)))
      throw optionError(`--out ${options.out} lies inside the photos`, {
        hint: "Choose a folder outside: made pictures must not be scanned as photos.",
      });
    const { checkPhotosPath } = await import("../../data/scan.ts");
    for (const path of paths) await checkPhotosPath(path);
    return kind.run({ paths, out, seed: Number(options.seed) }, options, context);
  },
};

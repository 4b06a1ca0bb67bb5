import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { OptionDefinition } from "../command.ts";
import { backboneOptions, between, whole } from "../options.ts";
import { optionName, printMade, type SynthesizeKind } from "./_synthesize-kind.ts";
import { chooseBackbone } from "./_shared.ts";

const DEFAULT_COUNT = 5;

/** Flags of what a network paints; --features has no say in it. */
const ofNetworks: readonly OptionDefinition[] = [
  { flags: "--steps <number>", description: "style: steps of the optimiser a picture", parse: whole(1, 10_000) },
  {
    flags: "--strength <number>",
    description: "style: weight of the style against that of the photo's content",
    parse: between(0, 1e4),
  },
  ...backboneOptions.filter(({ flags }) => !flags.startsWith("--features")),
];

export const style: SynthesizeKind = {
  name: "style",
  summary: "photos painted in the style of a picture",
  paths: ["<photos>"],
  options: [
    { flags: "--style <picture>", description: "style: the picture whose style is taken" },
    {
      flags: "--fast",
      description: "style: match colour and contrast only, without a network: milliseconds a photo, no texture",
    },
    {
      flags: "--count <number>",
      description: `photos of each class that are used; ${DEFAULT_COUNT} for style when left out, all with --fast`,
      parse: whole(1),
    },
    ...ofNetworks,
  ],
  examples: [
    "handful synthesize style ./photos --style painting.jpg --backbone mobilenet-v2 --out ./painted",
    "handful synthesize style ./photos --style dusk.jpg --fast --out ./dusk",
  ],
  run: async ({ paths: [photos], out, seed }, options, context) => {
    if (typeof options.style !== "string")
      throw optionError("no style was given", { hint: "Name a picture: --style painting.jpg" });
    const idle = ofNetworks.find((option) => options[optionName(option)] !== undefined);
    if (options.fast === true && idle)
      throw optionError(`${idle.flags.split(" ")[0]} is of no use with --fast`, { hint: "--fast needs no network." });
    const { scanDataset } = await import("../../data/scan.ts");
    const { synthesizeStyle } = await import("../../pipeline/synthesize-style.ts");
    const dataset = await scanDataset(photos!);
    const backbone = options.fast === true ? null : await chooseBackbone(options, context);
    const perClass = typeof options.count === "number" ? options.count : backbone ? DEFAULT_COUNT : undefined;
    const bar = context.progress("Painting", "img");
    const made = await synthesizeStyle({
      dataset,
      style: resolve(context.cwd, options.style),
      backbone,
      settings: {
        ...(typeof options.steps === "number" && { steps: options.steps }),
        ...(typeof options.strength === "number" && { style: options.strength }),
      },
      out,
      ...(perClass !== undefined && { perClass }),
      seed,
      ...(typeof options.threads === "number" && { threads: options.threads }),
      signal: context.signal,
      onProgress: (done, total) => bar.update(Number(done.toFixed(2)), total),
    }).finally(() => bar.end());
    if (context.json) context.print(JSON.stringify({ out, ...made }));
    else printMade(made, out, context);
  },
};

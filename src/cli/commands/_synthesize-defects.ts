import { relative, resolve } from "node:path";
import { printable } from "../format.ts";
import { whole } from "../options.ts";
import { printMade, type SynthesizeKind } from "./_synthesize-kind.ts";

const DEFAULT_COUNT = 100;

export const defects: SynthesizeKind = {
  name: "defects",
  summary: "photos without defects given some",
  paths: ["<photos>"],
  options: [
    { flags: "--class <name>", description: "defects: the class whose photos show no defect" },
    {
      flags: "--kind <name>",
      description: "defects: cut-paste, cut-paste-scar or perlin; all in equal shares when left out",
    },
    {
      flags: "--count <number>",
      description: `style: photos of each class that are used (5, or all with --fast, when left out); defects: pictures made (${DEFAULT_COUNT})`,
      parse: whole(1),
    },
    { flags: "--label <name>", description: "defects: class of the pictures made; defect when left out" },
    {
      flags: "--textures <folder>",
      description: "defects: pictures that show through; the photo itself when left out",
    },
    { flags: "--masks", description: "defects: write where each defect is, to a folder beside --out called -masks" },
  ],
  examples: [
    "handful synthesize defects ./photos --class good --out ./made",
    "handful synthesize defects ./photos --class good --kind perlin --count 300 --masks --out ./made",
  ],
  run: async ({ paths: [photos], out, seed }, options, context) => {
    const { synthesizeDefects } = await import("../../pipeline/synthesize-defects.ts");
    const bar = context.progress("Making", "img");
    const made = await synthesizeDefects({
      photos: photos!,
      ...(typeof options.class === "string" && { className: options.class }),
      out,
      ...(typeof options.kind === "string" && { kinds: [options.kind] }),
      count: typeof options.count === "number" ? options.count : DEFAULT_COUNT,
      label: typeof options.label === "string" ? options.label : "defect",
      seed,
      masks: options.masks === true,
      ...(typeof options.textures === "string" && { textures: resolve(context.cwd, options.textures) }),
      signal: context.signal,
      onProgress: (done, total) => bar.update(done, total),
    }).finally(() => bar.end());
    if (context.json) {
      context.print(JSON.stringify({ out, ...made }));
      return;
    }
    printMade(made, out, context);
    if (made.masks !== null) context.print(`${"Masks".padEnd(11)} ${printable(relative(context.cwd, made.masks))}/`);
  },
};

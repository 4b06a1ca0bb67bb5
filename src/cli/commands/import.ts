import { relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { CommandDefinition } from "../command.ts";
import { count, printable } from "../format.ts";
import { FORMATS } from "./_formats.ts";

const SHOWN = 10;

export const command: CommandDefinition = {
  name: "import",
  summary: "Take photos and labels from another tool: class folders, lists, COCO, Label Studio, zip.",
  arguments: "<source>",
  options: [
    {
      flags: "--from <kind>",
      description: "what the source is; found by what it looks like when left out",
      choices: FORMATS,
    },
    { flags: "--images <folder>", description: "where the photos lie that a list names; beside it when left out" },
    { flags: "-o, --out <folder>", description: "new folder for the photos and metadata.csv" },
  ],
  examples: [
    "handful import photos.zip -o ./photos",
    "handful import project.json --from label-studio --images ./uploads -o ./photos",
    "handful import annotations.json --from coco --images ./val2017 -o ./photos",
  ],
  run: async ([given], options, context) => {
    if (typeof options.out !== "string")
      throw optionError("no folder for the photos was given", { hint: "Name a new one: -o ./photos" });
    const { checkImportPath, importPhotos } = await import("../../pipeline/import-photos.ts");
    const source = await checkImportPath(resolve(context.cwd, String(given)));
    const out = resolve(context.cwd, options.out);
    if (out.startsWith(`${source}/`))
      throw optionError(`-o ${options.out} lies inside the source`, { hint: "Choose a folder outside." });
    const bar = context.progress("Copying", "img");
    const imported = await importPhotos({
      source,
      out,
      ...(typeof options.from === "string" && { from: options.from }),
      ...(typeof options.images === "string" && { images: resolve(context.cwd, options.images) }),
      onProgress: (done, total) => bar.update(done, total),
      signal: context.signal,
    }).finally(() => bar.end());
    if (context.json) {
      context.print(JSON.stringify({ out, ...imported }));
      return;
    }
    for (const note of imported.notes.slice(0, SHOWN)) context.note(`! ${printable(note)}`);
    if (imported.notes.length > SHOWN)
      context.note(`! and ${imported.notes.length - SHOWN} more notes (--json names all)`);
    const folder = printable(relative(context.cwd, out));
    const without = imported.photos - imported.labelled;
    context.print(
      `Took ${count(imported.photos, "photo")} of ${count(imported.classes, "class")} from ${imported.from} into ${folder}/${without > 0 ? `; ${without} have no label` : ""}`,
    );
    context.print(`Next: handful inspect ${folder}`);
  },
};

import { relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { CommandDefinition } from "../command.ts";
import { count, printable } from "../format.ts";
import { FORMATS } from "./_formats.ts";

export const command: CommandDefinition = {
  name: "export",
  summary: "Give photos and labels to another tool: class folders, lists, COCO, Label Studio, zip.",
  arguments: "<photos>",
  options: [
    { flags: "--to <kind>", description: "what to write", choices: FORMATS },
    { flags: "-o, --out <path>", description: "new folder for photos and list, or the archive" },
  ],
  examples: [
    "handful export ./photos --to hf -o ./for-hugging-face",
    "handful export ./photos --to label-studio -o ./tasks",
    "handful export labels.csv --to zip -o photos.zip",
  ],
  run: async ([photos], options, context) => {
    if (typeof options.to !== "string")
      throw optionError("no kind was given", { hint: `Name one: --to ${FORMATS.join("|")}` });
    if (typeof options.out !== "string")
      throw optionError("no place for the photos was given", { hint: "Name a new one: -o ./exported" });
    const { checkPhotosPath } = await import("../../data/scan.ts");
    const { exportPhotos } = await import("../../pipeline/export-photos.ts");
    const { path } = await checkPhotosPath(resolve(context.cwd, String(photos)));
    const out = resolve(context.cwd, options.out);
    if (out.startsWith(`${path}/`))
      throw optionError(`-o ${options.out} lies inside the photos`, { hint: "Choose a folder outside." });
    const bar = context.progress("Copying", "img");
    const exported = await exportPhotos({
      photos: path,
      to: options.to,
      out,
      onProgress: (done, total) => bar.update(done, total),
      signal: context.signal,
    }).finally(() => bar.end());
    if (context.json) context.print(JSON.stringify({ out, ...exported }));
    else {
      for (const note of exported.notes.slice(0, 10)) context.note(`! ${printable(note)}`);
      context.print(
        `Wrote ${count(exported.photos, "photo")} as ${options.to} to ${printable(relative(context.cwd, out))}`,
      );
    }
  },
};

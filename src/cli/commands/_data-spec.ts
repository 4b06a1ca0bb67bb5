import { relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { count, printable } from "../format.ts";
import { windowOptions } from "../options.ts";
import type { DataAction } from "./_data-action.ts";
import { windowAsked } from "./_shared.ts";

/** `data spec init <good photos> -o spec.yaml`: writes a specification that good examples keep to. */
const writeSpec: DataAction["run"] = async (args, options, context) => {
  const [verb, photos] = args;
  if (verb !== "init" || photos === undefined)
    throw optionError(`data spec: wanted init <photos>, got ${args.join(" ") || "nothing"}`, {
      hint: specAction.examples[0]!,
    });
  const out = resolve(context.cwd, typeof options.out === "string" ? options.out : "spec.yaml");
  const { stat } = await import("node:fs/promises");
  if (await stat(out).catch(() => null))
    throw optionError(`${relative(context.cwd, out)} is there already`, { hint: "Choose another name, or delete it." });
  const { dataError } = await import("../../base/errors.ts");
  const { scanDataset } = await import("../../data/scan.ts");
  const { draftSpec } = await import("../../data/collection/draft-spec.ts");
  const { askBorder, measurePhotos } = await import("../../pipeline/measure-photos.ts");
  const { writeWhole } = await import("../../pipeline/run-folder.ts");
  const dataset = await scanDataset(resolve(context.cwd, photos));
  const bar = context.progress("Measuring", "img");
  const measuring = await measurePhotos(dataset, {
    window: windowAsked(options),
    onProgress: (done, total) => {
      context.signal.throwIfAborted();
      bar.update(done, total);
    },
  });
  bar.end();
  const usable = measuring.measured.filter((one) => one !== null).length;
  if (usable === 0)
    throw dataError("E_NO_IMAGES", `${photos}: no photo could be read`, { hint: `handful inspect ${photos}` });
  const border = await askBorder(dataset, measuring, 0);
  await writeWhole(
    out,
    draftSpec(dataset, measuring.measured, border && { accuracy: border.border.value, chance: border.chance }),
  );
  const shown = printable(relative(context.cwd, out));
  if (context.json) context.print(JSON.stringify({ out, photos: usable, border }));
  else {
    context.print(`Wrote ${shown} from ${count(usable, "photo")}: read it and change what you know better.`);
    context.print(`Next: handful inspect <photos> --spec ${shown}`);
  }
};

export const specAction: DataAction = {
  name: "spec",
  summary: "what photos should be like, written down from good examples",
  arguments: "<init> <photos>",
  isLoose: true,
  options: [
    ...windowOptions,
    { flags: "-o, --out <file>", description: "spec, split: the file to write; spec.yaml, manifest.csv when left out" },
  ],
  examples: ["handful data spec init ./good -o spec.yaml"],
  run: writeSpec,
};

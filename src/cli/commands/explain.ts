import { join, relative, resolve } from "node:path";
import { HandfulError, optionError } from "../../base/errors.ts";
import type { Explaining, Explanation } from "../../pipeline/explain.ts";
import type { Picture } from "../../pipeline/predict.ts";
import type { ExplanationWriter } from "../../pipeline/write-explanations.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count, printable } from "../format.ts";
import { runtimeOptions } from "../options.ts";
import { gatherPictures } from "./_gather-pictures.ts";
import { machineAsked } from "./_shared.ts";

/** How maps are made; the first unless another is asked for. */
const METHODS = ["hires-cam", "grad-cam", "grad-cam++", "occlusion"] as const;

/** Photos of which the page holds the pictures: some 60 kB each. */
const MOST = 200;

const asJson = (name: string, { prediction, className, map }: Explanation, picture: string): unknown => ({
  file: name,
  label: prediction.label ?? "unknown",
  likeliest: prediction.likeliest,
  probability: prediction.probability,
  explained: className,
  map: { width: map.width, height: map.height, values: Array.from(map.data) },
  nearest: prediction.nearest,
  picture,
});

const asText = (name: string, { prediction, className }: Explanation, file: string): string => {
  const { label, likeliest, probability, nearest } = prediction;
  const answer = label === null ? `unknown, likeliest ${printable(likeliest)}` : printable(label);
  const of = className === likeliest ? "" : ` (map of ${printable(className)})`;
  const near = nearest.map((n) => `${printable(n.name)} (${n.similarity.toFixed(2)})`).join(", ");
  return `${printable(name)}  ${answer} ${probability.toFixed(2)}${of}  ->  ${printable(file)}\n    nearest: ${near}`;
};

interface Task {
  readonly explaining: Explaining;
  readonly writer: ExplanationWriter;
  readonly pictures: readonly Picture[];
  /** The class to explain; the likeliest when absent. */
  readonly className: string | undefined;
}

/** Explains photo by photo; one that cannot be read is said and passed over. Gives what stands in the JSON. */
const explainAll = async ({ explaining, writer, pictures, className }: Task, out: string, context: Context) => {
  const rows: unknown[] = [];
  let failures = 0;
  const bar = context.progress("Explaining", "img");
  for (const [i, { name, read }] of pictures.entries()) {
    context.signal.throwIfAborted();
    try {
      const explained = await explaining.explain(await read(), className);
      const file = await writer.add(name, explained);
      rows.push(asJson(name, explained, join(out, file)));
      if (!context.json) context.print(asText(name, explained, file));
    } catch (thrown) {
      if (!(thrown instanceof HandfulError && thrown.kind === "data")) throw thrown;
      failures++;
      const { code, message, hint } = thrown;
      rows.push({ file: name, error: { code, message, hint: hint ?? null } });
      if (!context.json) context.print(`${printable(name)}  cannot be read: ${printable(message)}`);
    }
    bar.update(i + 1, pictures.length);
  }
  bar.end();
  return { rows, failures };
};

const checkedPictures = async (images: readonly string[], context: Context): Promise<Picture[]> => {
  if (images.length === 0)
    throw optionError("no image was given", {
      hint: "Give files, folders, or -: handful explain model.onnx photo.jpg",
    });
  const pictures = await gatherPictures(images, context);
  if (pictures.length > MOST)
    throw optionError(`${pictures.length} photos are more than a page can hold (${MOST})`, {
      hint: "Give fewer, those that were answered wrong for instance.",
    });
  return pictures;
};

export const command: CommandDefinition = {
  name: "explain",
  summary: "Show what in photos speaks for the answer: overlays as PNG, and a page.",
  arguments: "<model> [images...]",
  options: [
    { flags: "-o, --out <folder>", description: "where pictures and page go", byDefault: "explained" },
    { flags: "--method <name>", description: "how maps are made", choices: METHODS, byDefault: METHODS[0] },
    { flags: "--class <name>", description: "the class to explain; the likeliest when left out" },
    { flags: "--photos <folder>", description: "the training photos, to show the nearest ones on the page" },
    ...runtimeOptions,
  ],
  examples: [
    "handful explain runs/latest new.jpg",
    "handful explain model.onnx ./wrong -o why --photos ./photos",
    "handful explain model.onnx a.jpg --class nut --method occlusion",
  ],
  run: async ([model, images], options, context) => {
    const { openExplaining } = await import("../../pipeline/explain.ts");
    const { createExplanationWriter, nearestPictures } = await import("../../pipeline/write-explanations.ts");
    const pictures = await checkedPictures(images as string[], context);
    const path = resolve(context.cwd, String(model));
    const explaining = await openExplaining(path, {
      method: options.method as (typeof METHODS)[number],
      ...(await machineAsked(options, context)),
    });
    const out = resolve(context.cwd, String(options.out));
    try {
      const { photos } = options;
      const { window } = explaining.model.preprocess;
      const near = typeof photos === "string" ? await nearestPictures(resolve(context.cwd, photos), window) : null;
      const writer = await createExplanationWriter(out, near ?? (async () => null));
      const className = typeof options.class === "string" ? options.class : undefined;
      const { rows, failures } = await explainAll({ explaining, writer, pictures, className }, out, context);
      const how = `${String(options.method)}, read off ${explaining.found}`;
      const page = await writer.finish("What the model looks at", how);
      if (context.json)
        context.print(JSON.stringify({ model: String(model), method: options.method, page, photos: rows }));
      else {
        const shown = printable(relative(context.cwd, page));
        context.print(`${"Map".padEnd(11)} ${printable(how)}`);
        context.print(`${"Saved".padEnd(11)} ${count(pictures.length - failures, "picture")} and ${shown}`);
      }
      return failures > 0 ? 3 : 0;
    } finally {
      await explaining.close();
    }
  },
};

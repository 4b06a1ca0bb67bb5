import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import { optionError } from "../../base/errors.ts";
import type { Context } from "../command.ts";
import { count, percent, printable } from "../format.ts";
import { version } from "../version.ts";
import { machineAsked } from "./_shared.ts";

type Options = Readonly<Record<string, unknown>>;

/** A change of a model's classes: what was asked for. */
interface Asked {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
  readonly options: Options;
}

interface Done {
  readonly bytes: Uint8Array;
  /** What was done, and what the person should know of it. */
  readonly text: string;
  readonly notes?: readonly string[];
  /** What is not known of the changed model, unless it is measured; absent: all is known that was. */
  readonly open?: string;
}

/** One way of changing classes: `handful model <name> <file> <names...>`. */
export interface ClassAction {
  readonly name: string;
  /** What stands after the file, as the help shows it. */
  readonly names: string;
  readonly fits: (names: readonly string[]) => boolean;
  readonly run: (asked: Asked, context: Context) => Promise<Done>;
}

const OPEN =
  "Its accuracy is not known now: --measure estimates it from what the file keeps, handful eval on photos with labels.";

const add: ClassAction = {
  name: "add-class",
  names: "[name] <folder>",
  fits: ({ length }) => length === 1 || length === 2,
  run: async ({ file, bytes, names, options }, context) => {
    const { addClass } = await import("../../pipeline/add-class.ts");
    const { openModel } = await import("../../pipeline/open-model.ts");
    const folder = resolve(context.cwd, names.at(-1)!);
    const name = names.length === 2 ? names[0]! : basename(folder);
    const model = await openModel(file, {
      ...(await machineAsked(options, context)),
    });
    const embedding = context.progress("Embedding", "img");
    try {
      const added = await addClass(bytes, model, {
        name,
        folder,
        version: version(),
        onProgress: (done, total) => embedding.update(done, total),
        signal: context.signal,
      });
      embedding.end();
      const sure =
        "Temperature and the threshold for unknown are those of before; sets that hold the truth in 90 % of cases are not known.";
      return {
        bytes: added.bytes,
        text: `class "${name}", from ${count(added.photos, "photo")}`,
        notes: added.notes,
        open: `${OPEN} ${sure}`,
      };
    } finally {
      await model.close();
    }
  },
};

const remove: ClassAction = {
  name: "remove-class",
  names: "<name>",
  fits: ({ length }) => length === 1,
  run: async ({ bytes, names: [name] }) => {
    const { removeClass } = await import("../../pipeline/change-classes.ts");
    return { bytes: await removeClass(bytes, name!, version()), text: `class "${name}" is gone`, open: OPEN };
  },
};

const rename: ClassAction = {
  name: "rename-class",
  names: "<name> <new-name>",
  fits: ({ length }) => length === 2,
  run: async ({ bytes, names: [name, to] }) => {
    const { renameClass } = await import("../../pipeline/change-classes.ts");
    return { bytes: renameClass(bytes, name!, to!), text: `class "${name}" is now "${to}"` };
  },
};

const merge: ClassAction = {
  name: "merge-classes",
  names: "<name> <name...>",
  fits: ({ length }) => length >= 2,
  run: async ({ bytes, names, options }) => {
    const { mergeClasses } = await import("../../pipeline/change-classes.ts");
    const into = typeof options.into === "string" ? options.into : names[0]!;
    return {
      bytes: await mergeClasses(bytes, { names, into }, version()),
      text: `classes ${names.map((name) => `"${name}"`).join(", ")} are now "${into}"`,
      open: OPEN,
    };
  },
};

export const classActions: readonly ClassAction[] = [add, remove, rename, merge];

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

interface Written {
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly metadata: ArtifactMetadata;
}

/** A new file beside the model: model-2.onnx, model-3.onnx, … */
const beside = async (file: string): Promise<string> => {
  const stem = basename(file, extname(file));
  for (let i = 2; ; i++) {
    const path = join(dirname(file), `${stem}-${i}.onnx`);
    if (!(await isThere(path))) return path;
  }
};

const outOf = async (file: string, { out, existOk }: Options, { cwd }: Context): Promise<string> => {
  if (typeof out !== "string") return beside(file);
  const path = resolve(cwd, out);
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw optionError(`--out ${out}: wanted a file, got a folder`, { hint: `--out ${join(out, "model.onnx")}` });
  if (path !== resolve(file) && existOk !== true && (await isThere(path)))
    throw optionError(`--out ${out} is there already`, { hint: "Choose another name, or add --exist-ok." });
  return path;
};

/** Flags that only some actions know. */
const checkFlags = (action: ClassAction, { into, measure }: Options): void => {
  if (into !== undefined && action !== merge)
    throw optionError(`--into is no flag of ${action.name}`, { hint: "It belongs to merge-classes." });
  if (measure !== undefined && action === rename)
    throw optionError("--measure is no flag of rename-class", { hint: "A new name leaves all figures as they are." });
};

const measured = async (bytes: Uint8Array, options: Options, context: Context): Promise<Uint8Array> => {
  const { measureChanged } = await import("../../pipeline/measure-changed.ts");
  const evaluating = context.progress("Evaluating", "fit");
  const better = await measureChanged(bytes, {
    seed: 0,
    ...(typeof options.threads === "number" && { threads: options.threads }),
    onProgress: (done, total) => {
      context.signal.throwIfAborted();
      evaluating.update(done, total);
    },
  });
  evaluating.end();
  return better;
};

const print = (lines: readonly string[], { out, bytes, metadata }: Written, context: Context): void => {
  const { accuracy, interval, method } = metadata.evidence;
  for (const line of lines) context.print(line);
  if (accuracy !== null)
    context.print(
      `${"accuracy".padEnd(11)} ${percent(accuracy)}${interval ? ` (95 %: ${percent(interval[0])} to ${percent(interval[1])})` : ""}, ${method}`,
    );
  context.print(
    `${"Saved".padEnd(11)} ${printable(relative(context.cwd, out) || ".")} (${(bytes.length / 1e6).toFixed(1)} MB)`,
  );
};

/** Changes the classes of a model file and writes the changed one. */
export const changeClasses = async (
  action: ClassAction,
  { model, names, options }: { readonly model: string; readonly names: readonly string[]; readonly options: Options },
  context: Context,
): Promise<void> => {
  const { inspectModel, readModelFile } = await import("../../artifact/load.ts");
  const { approveModel, cacheDirectory, modelPath } = await import("../../pipeline/open-model.ts");
  const { writeWhole } = await import("../../pipeline/run-folder.ts");
  if (!action.fits(names))
    throw optionError(`${action.name}: wanted ${action.names} after the model, got ${names.join(" ") || "nothing"}`, {
      hint: `handful model ${action.name} model.onnx ${action.names}`,
    });
  checkFlags(action, options);
  const file = await modelPath(resolve(context.cwd, model));
  const out = await outOf(file, options, context);
  const done = await action.run({ file, bytes: await readModelFile(file), names, options }, context);
  const bytes = options.measure === true ? await measured(done.bytes, options, context) : done.bytes;
  context.signal.throwIfAborted();
  await writeWhole(out, bytes);
  await approveModel(bytes, cacheDirectory(context.env)).catch(() => undefined); // a read-only cache: it is tried out when it is opened
  const { metadata } = inspectModel(bytes);
  const notes = [...(done.notes ?? []), ...(done.open !== undefined && options.measure !== true ? [done.open] : [])];
  if (context.json) {
    const { labels, changes, evidence } = metadata;
    context.print(JSON.stringify({ model: out, labels, changes, evidence, notes }));
    return;
  }
  const lines = [`${"Changed".padEnd(11)} ${printable(done.text)}`, ...notes.map((note) => `! ${printable(note)}`)];
  print(lines, { out, bytes, metadata }, context);
};

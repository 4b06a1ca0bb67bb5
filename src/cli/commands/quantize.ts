import { stat } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { Quantised } from "../../pipeline/quantise/quantise.ts";
import type { CommandDefinition, Context, Progress } from "../command.ts";
import { count, firstOf, percent, printable } from "../format.ts";
import { between, machineOptions, whole } from "../options.ts";
import { machineAsked } from "./_shared.ts";

const row = (title: string, line: string): string => `${title.padEnd(11)} ${line}`;
const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(2)}`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const SHOWN = 8;

const layersLine = ({ layers, floatLayers, ways }: Quantised): string => {
  const [way] = ways;
  const how = way ? `, ranges by ${way.calibration}${way.equalised ? ", layers equalised" : ""}` : "";
  const floats = floatLayers.length === 0 ? "none" : firstOf(floatLayers.map(printable), SHOWN);
  return `${layers - floatLayers.length} of ${layers} in 8 bits${how}; left in floats: ${floats}`;
};

const accuracyLines = ({ accuracy, difference, agreement, maxLoss, proven, photos }: Quantised): string[] => {
  const { low, high } = difference.interval;
  const asked =
    photos.learned > 0
      ? `${count(photos.asked, "photo")}, ${photos.learned} of which the model had learned from (heads learned again without them)`
      : `${count(photos.asked, "photo")} that the model had not seen`;
  return [
    row("accuracy", `${percent(accuracy.before, 2)} before, ${percent(accuracy.after, 2)} after, on ${asked}`),
    row(
      "",
      `change ${points(difference.mean)} points (95 %: ${points(low)} to ${points(high)}), paired photo by photo`,
    ),
    row(
      "contract",
      proven
        ? `at most ${(100 * maxLoss).toFixed(1)} points lost: held, and so does the worse end of the interval`
        : `at most ${(100 * maxLoss).toFixed(1)} points lost: held on these photos; they are too few to rule out more`,
    ),
    row("agreement", `${percent(agreement, 2)} of the photos get the same answer`),
  ];
};

const printQuantised = (result: Quantised, { print, note }: Context): void => {
  const { weights, sizeBytes, neighbours, unknown, sets, calibrationError, speed, out } = result;
  for (const line of result.notes) note(`! ${printable(line)}`);
  print(row("layers", weights === "int8" ? layersLine(result) : `${result.layers} weights in 16 bits`));
  for (const line of accuracyLines(result)) print(line);
  print(row("unknown", `${percent(unknown.before)} of these photos refused before, ${percent(unknown.after)} after`));
  if (sets)
    print(
      row(
        "sets",
        `hold the truth in ${percent(sets.before.coverage)} before, ${percent(sets.after.coverage)} after; ${sets.before.size.toFixed(2)} and ${sets.after.size.toFixed(2)} classes on average`,
      ),
    );
  print(
    row(
      "calibrated",
      `expected calibration error ${percent(calibrationError.before)} before, ${percent(calibrationError.after)} after`,
    ),
  );
  print(row("", "thresholds and temperature are those of the model in floats"));
  for (const { threads, batch, beforeMs, afterMs, ratio } of speed)
    print(
      row(
        "speed",
        `${ratio.toFixed(2)} times as fast (${beforeMs.toFixed(1)} -> ${afterMs.toFixed(1)} ms): ${count(threads, "thread")}, ${count(batch, "photo")} at once`,
      ),
    );
  if (neighbours.after < neighbours.before)
    print(row("nearest", `${neighbours.after} of ${neighbours.before} training photos kept (--neighbours keeps more)`));
  const ratio = percent(sizeBytes.after / sizeBytes.before, 0);
  print(row("Saved", `${printable(out)}: ${megabytes(sizeBytes.before)} -> ${megabytes(sizeBytes.after)} (${ratio})`));
};

/** The file to write: the one named, else beside the model. */
const outputOf = async (model: string, options: Readonly<Record<string, unknown>>, cwd: string): Promise<string> => {
  const { name } = parse(model);
  const suffix = options.float16 ? "float16" : "int8";
  const out =
    typeof options.out === "string" ? resolve(cwd, options.out) : join(dirname(model), `${name}-${suffix}.onnx`);
  if (out === model)
    throw optionError("--out names the model itself", {
      hint: "Name another file: the model in floats is still needed.",
    });
  const found = await stat(out).catch(() => null);
  if (found?.isDirectory()) throw optionError(`--out ${out} is a folder`, { hint: "Name a file: model-int8.onnx." });
  if (found && !options.existOk)
    throw optionError(`${out} is there already`, { hint: "Name another file with --out, or add --exist-ok." });
  return out;
};

export const command: CommandDefinition = {
  name: "quantize",
  summary: "Store a model in 8 bits: a quarter of the size and faster, with no more accuracy lost than you allow.",
  arguments: "<model>",
  options: [
    {
      flags: "--calibrate <photos>",
      description: "labelled photos: some to calibrate on, the others to see what is lost",
    },
    { flags: "-o, --out <file>", description: "file to write; beside the model when left out" },
    {
      flags: "--method <name>",
      description: "how ranges of values are found; auto tries all",
      choices: ["auto", "min-max", "percentile", "entropy"],
      byDefault: "auto",
    },
    {
      flags: "--max-loss <points>",
      description: "points of accuracy that may be lost",
      parse: between(0, 100),
      byDefault: 0.5,
    },
    { flags: "--float16", description: "store the weights in 16 bits instead: half the size, no faster" },
    {
      flags: "--neighbours <number>",
      description: "training photos to keep for `nearest`; as many as fit the size when left out",
      parse: whole(3),
    },
    { flags: "--exist-ok", description: "write over a file that is there" },
    ...machineOptions,
  ],
  examples: [
    "handful quantize runs/latest --calibrate ./photos",
    "handful quantize model.onnx --calibrate ./test-photos -o small.onnx --json",
    "handful quantize model.onnx --calibrate ./photos --float16",
  ],
  run: async ([path], options, context) => {
    const { modelPath } = await import("../../pipeline/open-model.ts");
    const { quantiseModel } = await import("../../pipeline/quantise/quantise.ts");
    if (typeof options.calibrate !== "string")
      throw optionError("quantize needs photos to calibrate on", {
        hint: "Add --calibrate <folder of labelled photos>, best ones that the model has not seen.",
      });
    const model = await modelPath(resolve(context.cwd, String(path)));
    const out = await outputOf(model, options, context.cwd);
    const [calibrating, comparing] = [context.progress("Calibrating", "way"), context.progress("Comparing", "layer")];
    const asking = context.progress("Asking", "img");
    const updating = (bar: Progress) => (done: number, total: number) => {
      context.signal.throwIfAborted();
      bar.update(done, total);
    };
    const result = await quantiseModel({
      model,
      out,
      photos: resolve(context.cwd, options.calibrate),
      weights: options.float16 ? "float16" : "int8",
      calibration: options.method as "auto",
      maxLoss: Number(options.maxLoss) / 100,
      neighbours: typeof options.neighbours === "number" ? options.neighbours : null,
      seed: Number(options.seed),
      ...(await machineAsked(options, context)),
      on: { calibrating: updating(calibrating), comparing: updating(comparing), asking: updating(asking) },
    });
    for (const bar of [calibrating, comparing, asking]) bar.end();
    if (context.json) context.print(JSON.stringify(result));
    else printQuantised(result, context);
  },
};

import { resolve } from "node:path";
import type { Model } from "../../artifact/load.ts";
import type { Answer } from "../../pipeline/predict.ts";
import { optionError } from "../../base/errors.ts";
import type { CommandDefinition } from "../command.ts";
import { csvRow, printable } from "../format.ts";
import { between, looksOptions, runtimeOptions, whole } from "../options.ts";
import { gatherPictures } from "./_gather-pictures.ts";
import { machineAsked, withLooks } from "./_shared.ts";

const CSV_HEADER = "file,label,probability,likeliest,set,unknown_score,nearest,error";

const asCsv = (answer: Answer): string => {
  if ("error" in answer) return csvRow([answer.name, null, null, null, null, null, null, answer.error.message]);
  const { label, probability, likeliest, set, unknownScore, nearest } = answer.prediction;
  return csvRow([
    answer.name,
    label ?? "unknown",
    probability,
    likeliest,
    set.join(" "),
    unknownScore,
    nearest.map((n) => n.name).join(" "),
    null,
  ]);
};

const asJson = (answer: Answer, labels: readonly string[]): unknown => {
  if ("error" in answer) return { file: answer.name, error: answer.error };
  const { label, likeliest, probability, probabilities, set, unknownScore, nearest } = answer.prediction;
  return {
    file: answer.name,
    label: label ?? "unknown",
    unknown: label === null,
    likeliest,
    probability,
    probabilities: labels.map((name, i) => ({ label: name, probability: probabilities[i]! })),
    set,
    unknownScore,
    nearest,
  };
};

const asText = (answer: Answer, top: number, { labels, thresholds }: Model["metadata"]): string => {
  const name = printable(answer.name);
  if ("error" in answer) {
    const { message, hint } = answer.error;
    const why = message.startsWith(`${answer.name}: `) ? message.slice(answer.name.length + 2) : message;
    return `${name}  cannot be read: ${printable(why)}${hint === null ? "" : `. ${hint}`}`;
  }
  const { label, probabilities, set, nearest } = answer.prediction;
  const ranked = labels.map((l, i) => ({ l, p: probabilities[i]! })).sort((a, b) => b.p - a.p);
  const others = ranked.slice(label === null ? 0 : 1, top).map(({ l, p }) => `${printable(l)} ${p.toFixed(2)}`);
  const head =
    label === null ? "unknown (unlike the training photos)" : `${printable(label)} ${ranked[0]!.p.toFixed(2)}`;
  const lines = [
    `${name}  ${head}${others.length > 0 ? `   ${others.join(" ")}` : ""}`,
    `    90 % set: ${thresholds.setProbability === null ? "not known" : set.map(printable).join(", ")}`,
    `    nearest: ${nearest.map((n) => `${printable(n.name)} (${n.similarity.toFixed(2)})`).join(", ")}`,
  ];
  return lines.join("\n");
};

export const command: CommandDefinition = {
  name: "predict",
  summary: "Name what photos show, or say that it is unknown.",
  arguments: "<model> [images...]",
  options: [
    { flags: "--top <number>", description: "classes to show", parse: whole(1), byDefault: 3 },
    {
      flags: "--threshold <probability>",
      description: 'answer "unknown" below this probability too',
      parse: between(0, 1),
    },
    { flags: "--csv", description: "print comma-separated values" },
    ...looksOptions,
    ...runtimeOptions,
  ],
  examples: [
    "handful predict runs/latest new.jpg",
    "handful predict model.onnx ./new-photos --csv > answers.csv",
    "cat a.jpg | handful predict model.onnx -",
  ],
  run: async ([model, images], options, context) => {
    const list = images as string[];
    if (list.length === 0)
      throw optionError("no image was given", {
        hint: "Give files, folders, or - for standard input: handful predict model.onnx photo.jpg",
      });
    if (options.csv && context.json) throw optionError("--csv and --json exclude each other", { hint: "Give one." });
    const { openModel } = await import("../../pipeline/open-model.ts");
    const { predictPictures } = await import("../../pipeline/predict.ts");
    const opened = await openModel(resolve(context.cwd, String(model)), {
      ...(await machineAsked(options, context)),
    });
    let failures = 0;
    const { labels } = opened.metadata;
    const json: unknown[] = [];
    try {
      const looking = await withLooks(opened, options);
      const pictures = await gatherPictures(list, context);
      if (options.csv) context.print(CSV_HEADER);
      for await (const raw of predictPictures(looking, pictures)) {
        const answer = withThreshold(raw, options.threshold);
        if ("error" in answer) failures++;
        if (context.json) json.push(asJson(answer, labels));
        else context.print(options.csv ? asCsv(answer) : asText(answer, Number(options.top), opened.metadata));
      }
    } finally {
      await opened.close();
    }
    if (context.json) context.print(JSON.stringify({ model: String(model), predictions: json }));
    return failures > 0 ? 3 : 0;
  },
};

const withThreshold = (answer: Answer, threshold: unknown): Answer =>
  "error" in answer || typeof threshold !== "number" || answer.prediction.probability >= threshold
    ? answer
    : { ...answer, prediction: { ...answer.prediction, label: null } };

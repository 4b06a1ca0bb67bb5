import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { percent, printable } from "../format.ts";

const list = async ({ print, json }: Context): Promise<void> => {
  const { backbones } = await import("../../nn/backbones/index.ts");
  if (json) {
    print(JSON.stringify(backbones));
    return;
  }
  print(`${"name".padEnd(22)} ${"domain".padEnd(11)} ${"size".padStart(8)}  licence`);
  for (const { name, domain, weights } of backbones)
    print(
      `${name.padEnd(22)} ${domain.padEnd(11)} ${(weights.sizeBytes === null ? "?" : `${(weights.sizeBytes / 1e6).toFixed(0)} MB`).padStart(8)}  ${weights.licence}`,
    );
  print("Without --backbone, the small one inside the package is used; a pretrained one is better.");
};

const show = async (path: string, { print, json }: Context): Promise<void> => {
  const { inspectModel, readModelFile } = await import("../../artifact/load.ts");
  const { modelPath } = await import("../../pipeline/open-model.ts");
  const { metadata } = inspectModel(await readModelFile(await modelPath(path)));
  if (json) {
    print(JSON.stringify(metadata));
    return;
  }
  const { evidence, head, backbone, dataset, labels, preprocess, thresholds } = metadata;
  const range = evidence.interval
    ? ` (95 %: ${percent(evidence.interval[0])} to ${percent(evidence.interval[1])})`
    : "";
  print(`classes     ${labels.map((label, i) => `${printable(label)} (${dataset.counts[i]!})`).join(", ")}`);
  print(
    `accuracy    ${evidence.accuracy === null ? "could not be estimated" : `${percent(evidence.accuracy)}${range}, ${evidence.method}`}`,
  );
  print(`backbone    ${printable(backbone.name)} (${backbone.source}), features: ${printable(backbone.features)}`);
  print(`head        ${head.name} ${JSON.stringify(head.options)}, temperature ${head.temperature.toFixed(3)}`);
  print(`input       pixels uint8 [n, ${preprocess.height}, ${preprocess.width}, 3], RGB, ${preprocess.fit}`);
  print(`unknown     ${thresholds.unknown === null ? "not set" : `above ${thresholds.unknown.toFixed(4)}`}`);
  print(`dataset     ${dataset.version}`);
  print(`written by  ${printable(metadata.producer)}`);
};

export const command: CommandDefinition = {
  name: "model",
  summary: "List the known backbones (model list), or show what is inside a model file (model show <file>).",
  arguments: "<action> [file]",
  options: [],
  examples: ["handful model list", "handful model show runs/latest"],
  run: async ([action, file], _options, context) => {
    if (action === "list") return list(context);
    if (action !== "show") throw unknownName("action", String(action), ["list", "show"]);
    if (typeof file !== "string")
      throw optionError("no model file was given", { hint: "handful model show model.onnx" });
    return show(resolve(context.cwd, file), context);
  },
};

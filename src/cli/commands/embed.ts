import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { backboneOptions } from "../options.ts";
import { batchCommand } from "./_batch.ts";
import { chooseBackbone, overridesOf } from "./_shared.ts";
import { optionName } from "./_synthesize-kind.ts";

export const command = batchCommand({
  kind: "embed",
  summary: "Write the embedding of every photo of a folder into a file, or have workers of a queue do it.",
  details:
    "With --queue the photos become jobs that `handful worker` takes, on any number of machines that see the same folder under the same path. Asking again goes on with the same run; nothing is enqueued twice.",
  options: [
    { flags: "--model <file>", description: "embed as this model does; a backbone is taken when left out" },
    ...backboneOptions,
  ],
  examples: [
    "handful embed ./photos --model runs/latest -o features.jsonl",
    "handful embed ./photos --backbone mobilenet-v2 -o features.csv",
    "handful embed /mnt/photos --model /mnt/model.onnx --queue postgres://me@db/handful",
  ],
  network: async (options, context) => {
    const { backboneNetwork, modelNetwork } = await import("../../pipeline/open-answerer.ts");
    const foreign = backboneOptions.find((option) => options[optionName(option)] !== undefined);
    if (typeof options.model === "string" && foreign)
      throw optionError(`${foreign.flags.split(" ")[0]} says nothing beside --model`, {
        hint: "Give the model, or a backbone.",
      });
    if (typeof options.model === "string") return modelNetwork(resolve(context.cwd, options.model));
    const features = typeof options.features === "string" ? options.features : null;
    return backboneNetwork(await chooseBackbone(options, context), { features, overrides: overridesOf(options) });
  },
});

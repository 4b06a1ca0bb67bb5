import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { batchCommand } from "./_batch.ts";

export const command = batchCommand({
  kind: "classify",
  summary: "Classify every photo of a folder into a file, or by workers of a queue.",
  details:
    "With --queue the photos become jobs that `handful worker` takes, on any number of machines that see the same folder under the same path. Asking again goes on with the same run; nothing is enqueued twice.",
  options: [{ flags: "--model <file>", description: "the model, or its run folder" }],
  examples: [
    "handful classify ./photos --model runs/latest -o answers.csv",
    "handful classify /mnt/photos --model /mnt/model.onnx --queue postgres://me@db/handful",
  ],
  network: async ({ model }, { cwd }) => {
    if (typeof model !== "string")
      throw optionError("no model was named", {
        hint: "Give --model runs/latest, or train one: handful train <photos>",
      });
    const { modelNetwork } = await import("../../pipeline/open-answerer.ts");
    return modelNetwork(resolve(cwd, model));
  },
});

import { z } from "zod";

const model = z.object({
  name: z.string(),
  version: z.string().nullable().describe("First digits of the file's sha256; null while the model is restarted."),
  ready: z.boolean(),
  labels: z.array(z.string()),
  accuracy: z.number().nullable().describe("As measured when it was trained; null where it could not be."),
  backbone: z.string().nullable(),
  input: z.object({ height: z.int(), width: z.int() }).nullable(),
  pending: z.int().describe("Pictures being decoded, waiting or running."),
  maxBatch: z.int().nullable(),
});

export const modelList = z.object({ models: z.array(model) }).meta({ id: "ModelList" });
export type ModelList = z.infer<typeof modelList>;

/** POST /v1/models/load: a new model, or the file of one anew. */
export const loadRequest = z
  .strictObject({
    name: z.string(),
    file: z
      .string()
      .max(512)
      .optional()
      .describe("Path inside the folder of --models-folder; the file the model came from when left out."),
  })
  .meta({ id: "LoadRequest" });

export const loadAnswer = z
  .object({ name: z.string(), version: z.string(), labels: z.array(z.string()) })
  .meta({ id: "LoadAnswer" });

export const unloadRequest = z.strictObject({ name: z.string() }).meta({ id: "UnloadRequest" });
export const unloadAnswer = z.object({ name: z.string(), unloaded: z.literal(true) }).meta({ id: "UnloadAnswer" });

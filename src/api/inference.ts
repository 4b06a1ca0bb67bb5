import { z } from "zod";

// Open Inference Protocol, version 2 (https://github.com/kserve/open-inference-protocol), REST.

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const shape = z.array(z.int().min(0)).min(1).max(8);

export const inferInput = z.object({
  name: z.string(),
  shape,
  datatype: z.string(),
  parameters: parameters.optional(),
  data: z
    .unknown()
    .optional()
    .describe("Numbers 0-255, nested or flat, row-major; absent where parameters.binary_data_size is given."),
});
export type InferInput = z.infer<typeof inferInput>;

/** POST /v2/models/{name}/infer: the pixels of n pictures, UINT8 [n, height, width, 3]. */
export const inferRequest = z
  .object({
    id: z.string().max(256).optional(),
    parameters: parameters.optional(),
    inputs: z.array(inferInput).length(1, "wanted one input, pixels"),
    outputs: z
      .array(z.object({ name: z.string(), parameters: parameters.optional() }))
      .max(16)
      .optional(),
  })
  .meta({ id: "InferRequest" });
export type InferRequest = z.infer<typeof inferRequest>;

const inferOutput = z.object({
  name: z.string(),
  shape,
  datatype: z.enum(["FP32", "INT64"]),
  data: z.array(z.number()),
});

export const inferAnswer = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(inferOutput),
  })
  .meta({ id: "InferAnswer" });
export type InferAnswer = z.infer<typeof inferAnswer>;

const tensor = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });

export const modelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensor),
    outputs: z.array(tensor),
  })
  .meta({ id: "ModelMetadata" });
export type ModelMetadata = z.infer<typeof modelMetadata>;

export const serverMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: "ServerMetadata" });

export const isLive = z.object({ live: z.boolean() }).meta({ id: "IsLive" });
export const isReady = z.object({ ready: z.boolean() }).meta({ id: "IsReady" });
export const isModelReady = z.object({ name: z.string(), ready: z.boolean() }).meta({ id: "IsModelReady" });

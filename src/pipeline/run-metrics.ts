import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { dataError } from "../base/errors.ts";

const figure = z.object({ value: z.number(), interval: z.object({ low: z.number(), high: z.number() }).nullable() });
const schema = z.object({
  evidence: z.object({
    images: z.number(),
    accuracy: figure.nullable(),
    learningCurve: z.object({ forecast: z.array(z.object({ factor: z.number(), accuracy: figure })) }).nullable(),
    classes: z
      .array(
        z.object({
          name: z.string(),
          images: z.number(),
          recall: figure.nullable(),
          mostlyTakenFor: z.int().nullable(),
        }),
      )
      .default([]),
    outOfFold: z
      .array(
        z.object({
          label: z.int(),
          predicted: z.int(),
          probabilities: z.array(z.number()),
          classes: z.array(z.int()).optional(),
          unknownScore: z.number().nullable(),
        }),
      )
      .nullish(),
  }),
  /** Names of the photos, in the order of `outOfFold`. */
  images: z.array(z.string()).default([]),
});

/** What a run knows beside its model: as much of metrics.json as is read again. */
export type RunMetrics = z.infer<typeof schema>;

/**
 * Reads the metrics beside a model file.
 *
 * @returns null where the file stands alone, or the metrics are of another layout
 * @throws dataError E_METRICS where they are no JSON
 */
export const readRunMetrics = async (modelPath: string): Promise<RunMetrics | null> => {
  const path = join(dirname(modelPath), "metrics.json");
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw dataError("E_METRICS", `${path}: wanted JSON, got other text`, {
      hint: "Train again, or move the model into a folder of its own.",
      cause,
    });
  }
  const { success, data } = schema.safeParse(value);
  return success ? data : null;
};

import { z } from "zod";

const base64 = z.string().min(1).describe("A JPEG, PNG or WebP image in base64, with or without a data: prefix.");

/** POST /v1/classify as JSON: one `image`, or several `images`. */
export const classifyRequest = z
  .strictObject({
    image: base64.optional(),
    images: z
      .array(z.strictObject({ name: z.string().max(256).optional(), data: base64 }))
      .min(1)
      .optional(),
    model: z.string().optional().describe("Which model, where there are several."),
    key: z.string().max(256).optional().describe("Who asks: the same key always gets the same arm of an experiment."),
    top: z.int().min(1).optional().describe("List only so many classes, likeliest first."),
  })
  .refine(({ image, images }) => (image === undefined) !== (images === undefined), "wanted either image or images")
  .meta({ id: "ClassifyRequest" });
export type ClassifyRequest = z.infer<typeof classifyRequest>;

const probability = z.object({ label: z.string(), probability: z.number().min(0).max(1) });

const prediction = z.object({
  id: z.string().describe("Under which feedback on this answer can be given."),
  name: z.string().nullable().describe("Name that the picture came with."),
  label: z.string().describe('The likeliest class, or "unknown" for a picture unlike all of training.'),
  unknown: z.boolean(),
  likeliest: z.string().describe("The likeliest class, whether or not the picture is unknown."),
  probability: z.number().min(0).max(1).describe("That of the likeliest class."),
  probabilities: z.array(probability).describe("Likeliest first."),
  set: z.array(z.string()).describe("Classes among which the truth lies with the model's stated confidence."),
  unknownScore: z.number(),
  nearest: z
    .array(z.object({ name: z.string(), label: z.string(), similarity: z.number() }))
    .describe("The most similar training pictures."),
});

const failed = z.object({
  name: z.string().nullable(),
  error: z.string(),
  code: z.string(),
  hint: z.string().optional(),
});

/** One picture's answer, or why it has none: a bad picture among several stops no other. */
export const classified = z.union([prediction, failed]);

export const classifyAnswer = z
  .object({
    model: z.string(),
    version: z.string(),
    predictions: z.array(classified).describe("In the order of the pictures."),
  })
  .meta({ id: "ClassifyAnswer" });
export type ClassifyAnswer = z.infer<typeof classifyAnswer>;

import { z } from "zod";

/** Every answer that is no success. */
export const errorAnswer = z
  .object({
    error: z.string().describe("What went wrong, for a person."),
    code: z.string().describe("The same in every version: E_IMAGE_TRUNCATED, E_BUSY, ..."),
    hint: z.string().optional().describe("What to do about it."),
    requestId: z.string().describe("Under which the server's log knows the request."),
  })
  .meta({ id: "Error" });
export type ErrorAnswer = z.infer<typeof errorAnswer>;

import { z } from "zod";
import { artifactError } from "../base/errors.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What looks at the pictures: a model file, or a backbone by name with the settings given by hand. */
const network = z.discriminatedUnion("from", [
  z.object({ from: z.literal("model"), path: z.string(), sha256 }),
  z.object({
    from: z.literal("backbone"),
    name: z.string(),
    sha256,
    features: z.string().nullable(),
    overrides: z.record(z.string(), z.unknown()),
  }),
]);

const schema = z.object({
  kind: z.enum(["embed", "classify"]),
  /** Folder of the pictures, absolute, as the one who began the run sees it. */
  root: z.string(),
  network,
});

/** What is to be done with every picture of a run. */
export type Task = z.infer<typeof schema>;
export type TaskNetwork = Task["network"];

/** Reads a task as the database keeps it. */
export const parseTask = (data: unknown, run: string): Task => {
  const { success, data: task, error } = schema.safeParse(data);
  if (success) return task;
  throw artifactError("E_QUEUE_TASK", `run ${run}: its task cannot be read (${error.issues[0]!.message})`, {
    hint: "Was it begun by another version of Handful? Begin it anew under another name.",
  });
};

import { optionError } from "../../base/errors.ts";
import type { OpenQueueOptions, Queue } from "../../queue/open-queue.ts";
import type { Context, OptionDefinition } from "../command.ts";

type Options = Readonly<Record<string, unknown>>;

export const queueOption: OptionDefinition = {
  flags: "--queue [address]",
  description: "PostgreSQL that keeps the queue, postgres://user@host/database; DATABASE_URL when no address is given",
};

const addressOf = ({ queue }: Options, { env }: Context): string => {
  const address = typeof queue === "string" ? queue : env.DATABASE_URL;
  if (address) return address;
  throw optionError("no queue was named", { hint: "Give --queue postgres://user@host/database, or set DATABASE_URL." });
};

/** Opens the queue that was asked for, and closes it after `body`. */
export const withQueue = async <T>(
  options: Options,
  context: Context,
  { body, ...how }: { readonly body: (queue: Queue) => Promise<T> } & OpenQueueOptions,
): Promise<T> => {
  const { openQueue } = await import("../../queue/open-queue.ts");
  const queue = await openQueue(addressOf(options, context), how);
  try {
    return await body(queue);
  } finally {
    await queue.close();
  }
};

import { hostname } from "node:os";
import { resolve } from "node:path";
import { messageOf } from "../../base/errors.ts";
import type { WorkOptions } from "../../pipeline/work-chunks.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { exitCodes } from "../errors.ts";
import { count, printable } from "../format.ts";
import { runtimeOptions } from "../options.ts";
import { queueOption, withQueue } from "./_queue.ts";
import { machineAsked } from "./_shared.ts";

type Options = Readonly<Record<string, unknown>>;

const TERMINATED = 143;

/** A signal that is aborted once the process is told to end; a second SIGTERM ends it at once. */
const untilTold = (signal: AbortSignal): { readonly drain: AbortSignal; forget(): void } => {
  const terminated = new AbortController();
  const onTerm = (): void => {
    if (terminated.signal.aborted) process.exit(TERMINATED);
    terminated.abort();
  };
  process.on("SIGTERM", onTerm);
  return { drain: AbortSignal.any([terminated.signal, signal]), forget: () => process.off("SIGTERM", onTerm) };
};

interface Tally {
  chunks: number;
  pictures: number;
  errors: number;
}

/** Says what happens, and counts it. */
const listener = (tally: Tally, { note }: Context): NonNullable<WorkOptions["on"]> => ({
  opened: ({ task: { kind, network } }) =>
    note(`Opened      ${printable(network.from === "model" ? network.path : network.name)} to ${kind}`),
  settled: ({ run, chunk, pictures }, { errors, kept }) => {
    if (!kept) return note(`! run ${run}, chunk ${chunk}: another worker took it over; nothing was written`);
    tally.chunks++;
    tally.pictures += pictures.length;
    tally.errors += errors;
    note(`Done        run ${run}, chunk ${chunk}: ${count(pictures.length, "picture")}, ${errors} of them errors`);
  },
  failed: ({ run, chunk, attempt }, error) =>
    note(`! run ${run}, chunk ${chunk}, attempt ${attempt + 1}: ${printable(messageOf(error))}`),
  disturbed: (error) => note(`! the queue does not answer: ${printable(messageOf(error))}`),
});

const workOptions = async (options: Options, context: Context): Promise<Omit<WorkOptions, "drain" | "on">> => {
  return {
    worker: `${hostname()}:${process.pid}`,
    env: context.env,
    ...(await machineAsked(options, context)),
    untilEmpty: options.untilEmpty === true,
    ...(typeof options.root === "string" && { root: resolve(context.cwd, options.root) }),
    ...(typeof options.model === "string" && { model: resolve(context.cwd, options.model) }),
  };
};

export const command: CommandDefinition = {
  name: "worker",
  summary: "Take jobs off a queue, embed or classify their photos, and keep the results there.",
  details:
    "Results and the end of a job are written together or not at all. SIGTERM: the job in hand is finished, then the worker ends. A worker that dies is noticed by its silence, and its job goes to another one.",
  arguments: "",
  options: [
    queueOption,
    { flags: "--root <folder>", description: "where the photos lie here, when elsewhere than the run says" },
    { flags: "--model <file>", description: "where the model lies here, when elsewhere than the run says" },
    { flags: "--until-empty", description: "end when no job is left, in nobody's hands either" },
    ...runtimeOptions,
  ],
  examples: [
    "handful worker --queue postgres://me@db/handful",
    "DATABASE_URL=postgres://me@db/handful handful worker --until-empty",
  ],
  run: async (_, options, context) => {
    const { workChunks } = await import("../../pipeline/work-chunks.ts");
    const { drain, forget } = untilTold(context.signal);
    const tally: Tally = { chunks: 0, pictures: 0, errors: 0 };
    const on = listener(tally, context);
    try {
      const how = await workOptions(options, context);
      await withQueue(options, context, {
        supervise: true,
        onError: (error) => on.disturbed!(error),
        body: async (queue) => {
          context.note(`Waiting     for jobs, as ${how.worker}`);
          await workChunks(queue, { ...how, drain, on });
        },
      });
    } finally {
      forget();
    }
    const { chunks, pictures, errors } = tally;
    if (context.json) context.print(JSON.stringify({ worker: `${hostname()}:${process.pid}`, ...tally }));
    else context.print(`Worked      ${count(chunks, "job")}, ${count(pictures, "picture")}, ${errors} of them errors`);
    return context.signal.aborted ? exitCodes.interrupted : 0;
  },
};

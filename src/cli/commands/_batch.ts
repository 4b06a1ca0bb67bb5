import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { DataSet } from "../../data/dataset.ts";
import type { Queue } from "../../queue/open-queue.ts";
import type { Task, TaskNetwork } from "../../queue/task.ts";
import type { CommandDefinition, Context, OptionDefinition } from "../command.ts";
import { count, printable } from "../format.ts";
import { runtimeOptions, whole } from "../options.ts";
import { queueOption, withQueue } from "./_queue.ts";
import { optionName } from "./_synthesize-kind.ts";
import { machineAsked } from "./_shared.ts";

type Options = Readonly<Record<string, unknown>>;

const CHUNK = 64;

/** Flags that say nothing without --queue; without defaults, so that idle ones can be refused. */
const queuedOptions: readonly OptionDefinition[] = [
  {
    flags: "--run <name>",
    description: "name of the run; the same command goes on with the same run when left out",
  },
  { flags: "--chunk <pictures>", description: `pictures of one job; ${CHUNK} when left out`, parse: whole(1, 1000) },
  {
    flags: "--retries <number>",
    description: "how often a job is tried again before it counts as dead; 3 when left out",
    parse: whole(0, 100),
  },
  {
    flags: "--heartbeat <seconds>",
    description: "silence after which a worker counts as dead; 30 when left out",
    parse: whole(10, 3600),
  },
  {
    flags: "--job-timeout <seconds>",
    description: "longest that one job may take; 3600 when left out",
    parse: whole(1, 86_400),
  },
];

const batchOptions: readonly OptionDefinition[] = [
  { flags: "-o, --out <file>", description: "file to write, .csv or .jsonl" },
  queueOption,
  ...queuedOptions,
  ...runtimeOptions,
];

/** What a kind of batch is, as a command. */
interface Batch {
  readonly kind: Task["kind"];
  readonly summary: string;
  readonly details: string;
  /** Flags that choose the network. */
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly string[];
  /** Reads the network that is asked for. */
  network(options: Options, context: Context): Promise<TaskNetwork>;
}

const checkFlags = (options: Options): void => {
  const queued = options.queue !== undefined;
  const idle = queuedOptions.find((option) => options[optionName(option)] !== undefined);
  if (!queued && idle)
    throw optionError(`${idle.flags.split(" ")[0]} needs --queue`, { hint: "Add --queue postgres://…" });
  if (!queued && typeof options.out !== "string")
    throw optionError("no file to write was named", { hint: "Give -o results.csv or .jsonl, or --queue." });
  if (queued && options.out !== undefined)
    throw optionError("--out says nothing beside --queue: the results are in the database", {
      hint: "Fetch them when they are there: handful queue results <run> -o results.csv",
    });
};

/** The same task gets the same name, so that the same command goes on with its run. */
const nameFor = (task: Task): string => {
  const folder = basename(task.root)
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  const digits = createHash("sha256").update(JSON.stringify(task)).digest("hex").slice(0, 8);
  return `${task.kind}-${folder.slice(0, 64) || "photos"}-${digits}`;
};

const enqueue = async (
  queue: Queue,
  { task, items, options }: { readonly task: Task; readonly items: DataSet["items"]; readonly options: Options },
  context: Context,
): Promise<void> => {
  const { enqueuePhotos } = await import("../../pipeline/enqueue-photos.ts");
  const { DEFAULT_PATIENCE } = await import("../../queue/enqueue.ts");
  const run = typeof options.run === "string" ? options.run : nameFor(task);
  const bar = context.progress("Enqueuing", "img");
  const { added, known } = await enqueuePhotos(queue, items, {
    run,
    task,
    chunk: Number(options.chunk ?? CHUNK),
    patience: {
      retries: Number(options.retries ?? DEFAULT_PATIENCE.retries),
      heartbeatSeconds: Number(options.heartbeat ?? DEFAULT_PATIENCE.heartbeatSeconds),
      expireSeconds: Number(options.jobTimeout ?? DEFAULT_PATIENCE.expireSeconds),
    },
    onProgress: (done, total) => bar.update(done, total),
    signal: context.signal,
  });
  bar.end();
  if (context.json) return context.print(JSON.stringify({ run, added, known }));
  context.print(`Enqueued    ${count(added, "picture")} as run ${run} (${known} there from before)`);
  context.note(`Next: handful worker   |   handful queue status ${run}`);
};

const answerHere = async (
  task: Task,
  { items, options }: { readonly items: DataSet["items"]; readonly options: Options },
  context: Context,
): Promise<number> => {
  const { openAnswerer } = await import("../../pipeline/open-answerer.ts");
  const { resultText } = await import("../../pipeline/result-text.ts");
  const { writeRows } = await import("../../pipeline/write-rows.ts");
  const out = resolve(context.cwd, String(options.out));
  const text = resultText(out, task.kind);
  const answerer = await openAnswerer(task, {
    env: options.offline ? { ...context.env, HF_HUB_OFFLINE: "1" } : context.env,
    ...(await machineAsked(options, context)),
    signal: context.signal,
  });
  try {
    const bar = context.progress(task.kind === "embed" ? "Embedding" : "Classifying", "img");
    const pictures = items.map(({ name }) => ({ name, sha256: null }));
    const written = await writeRows(out, {
      rows: answerer.rows(pictures, task.root),
      text,
      onRow: (done) => {
        context.signal.throwIfAborted();
        bar.update(done, items.length);
      },
    });
    bar.end();
    if (context.json) context.print(JSON.stringify({ out, ...written }));
    else
      context.print(
        `Written     ${count(written.rows, "row")} in ${printable(String(options.out))}, ${written.errors} of them errors`,
      );
    return written.errors > 0 ? 3 : 0;
  } finally {
    await answerer.close();
  }
};

/** A command that answers every picture of a folder, here or by workers of a queue. */
export const batchCommand = ({ kind, network, options: own, ...about }: Batch): CommandDefinition => ({
  ...about,
  name: kind,
  arguments: "<photos>",
  options: [...own, ...batchOptions],
  run: async ([photos], options, context) => {
    checkFlags(options);
    const { scanImages } = await import("../../data/scan.ts");
    const root = resolve(context.cwd, String(photos));
    const task: Task = { kind, root, network: await network(options, context) };
    const { items, skipped } = await scanImages(root);
    for (const { name, reason } of skipped) context.note(`! ${printable(`${name}: ${reason}`)}`);
    if (options.queue === undefined) return answerHere(task, { items, options }, context);
    return withQueue(options, context, { body: (queue) => enqueue(queue, { task, items, options }, context) });
  },
});

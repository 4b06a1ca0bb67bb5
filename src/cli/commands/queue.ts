import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { Queue } from "../../queue/open-queue.ts";
import type { RunStatus } from "../../queue/run-status.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count, percent, printable } from "../format.ts";
import { queueOption, withQueue } from "./_queue.ts";

type Options = Readonly<Record<string, unknown>>;

/** What a run is asked for. */
interface Asked {
  readonly run: string;
  readonly options: Options;
  readonly context: Context;
}

const share = (part: number, whole: number): string => (whole === 0 ? "" : ` (${percent(part / whole)})`);

const statusLines = ({ run, task, pictures, done, errors, failures, ...jobs }: RunStatus): string[] => [
  `Run         ${run}: ${task.kind} ${printable(task.root)}`,
  `Pictures    ${done} of ${pictures} done${share(done, pictures)}, ${errors} of them errors`,
  `Jobs left   ${jobs.waiting} waiting, ${jobs.active} in hand, ${jobs.retrying} to be tried again, ${jobs.dead} dead`,
  ...failures.slice(0, 3).map(({ message, chunks }) => `! ${count(chunks, "job")}: ${printable(message)}`),
  ...(jobs.dead > 0 ? [`Next: handful queue retry ${run}, once the reason is gone`] : []),
];

const showStatus = async (queue: Queue, { run, context }: Asked): Promise<void> => {
  const { runStatus } = await import("../../queue/run-status.ts");
  const status = await runStatus(queue, run);
  if (context.json) context.print(JSON.stringify(status));
  else for (const line of statusLines(status)) context.print(line);
};

const fetchResults = async (queue: Queue, { run, options, context }: Asked): Promise<void> => {
  const { resultText } = await import("../../pipeline/result-text.ts");
  const { writeRows } = await import("../../pipeline/write-rows.ts");
  const { runResults } = await import("../../queue/run-results.ts");
  const { runStatus } = await import("../../queue/run-status.ts");
  if (typeof options.out !== "string")
    throw optionError("no file to write was named", { hint: `handful queue results ${run} -o results.csv` });
  const { task, pictures, done } = await runStatus(queue, run);
  const out = resolve(context.cwd, options.out);
  const bar = context.progress("Fetching", "row");
  const written = await writeRows(out, {
    rows: runResults(queue, run),
    text: resultText(out, task.kind),
    onRow: (rows) => bar.update(rows, done),
  });
  bar.end();
  if (written.rows < pictures) context.note(`! ${count(pictures - written.rows, "picture")} of the run not done yet`);
  if (context.json) return context.print(JSON.stringify({ out, ...written, pictures }));
  context.print(
    `Written     ${count(written.rows, "row")} in ${printable(options.out)}, ${written.errors} of them errors`,
  );
};

const retry = async (queue: Queue, { run, context }: Asked): Promise<void> => {
  const { retryDead } = await import("../../queue/run-status.ts");
  const retried = await retryDead(queue, run);
  context.print(
    context.json ? JSON.stringify({ run, retried }) : `Enqueued    ${count(retried, "dead job")} of run ${run} again`,
  );
};

const forget = async (queue: Queue, { run, options, context }: Asked): Promise<void> => {
  const { deleteRun, runTask } = await import("../../queue/run-status.ts");
  await runTask(queue, run);
  if (options.yes !== true)
    throw optionError(`run ${run} would be deleted with all its results`, { hint: "Add --yes if that is meant." });
  await deleteRun(queue, run);
  context.print(context.json ? JSON.stringify({ run, deleted: true }) : `Deleted     run ${run}`);
};

const actions: Readonly<Record<string, (queue: Queue, asked: Asked) => Promise<void>>> = {
  status: showStatus,
  results: fetchResults,
  retry,
  delete: forget,
};

const listRuns = async (queue: Queue, { json, print }: Context): Promise<void> => {
  const { runNames } = await import("../../queue/run-status.ts");
  const names = await runNames(queue);
  if (json) return print(JSON.stringify({ runs: names }));
  for (const name of names.length > 0 ? names : ["no run yet"]) print(name);
};

export const command: CommandDefinition = {
  name: "queue",
  summary: "Runs of a queue: list, status, results, retry, delete.",
  details:
    "list: names of all runs, the oldest first\nstatus <run>: how far it is, and why jobs failed\nresults <run> -o <file>: what is done so far, as .csv or .jsonl\nretry <run>: jobs that were tried as often as allowed go into the queue again\ndelete <run> --yes: forget it with its results",
  arguments: "<action> [run]",
  options: [
    queueOption,
    { flags: "-o, --out <file>", description: "file for the results, .csv or .jsonl" },
    { flags: "--yes", description: "delete without asking" },
  ],
  examples: [
    "handful queue status flowers --queue postgres://me@db/handful",
    "handful queue results flowers -o features.jsonl",
  ],
  run: async ([asked, run], options, context) => {
    const action = actions[String(asked)];
    if (!action && asked !== "list") throw unknownName("action", String(asked), ["list", ...Object.keys(actions)]);
    if (action && typeof run !== "string")
      throw optionError(`queue ${String(asked)}: no run was named`, { hint: "handful queue list names them." });
    await withQueue(options, context, {
      body: (queue) => (action ? action(queue, { run: String(run), options, context }) : listRuns(queue, context)),
    });
  },
};

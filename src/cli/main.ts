import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { optionError, type HandfulError } from "../base/errors.ts";
import { commands } from "./commands/index.ts";
import type { CommandDefinition, Context } from "./command.ts";
import { asHandfulError, exitCodes } from "./errors.ts";
import { silentProgress, terminalProgress } from "./progress.ts";
import { version } from "./version.ts";

/** Flags that every command takes. */
const globalOptions: readonly (readonly [string, string])[] = [
  ["--json", "print the result as one JSON document on standard output"],
  ["-q, --quiet", "print the result only, no progress or notes"],
  ["--no-progress", "no progress bar"],
  ["--no-color", "no colours (NO_COLOR works too)"],
  ["--debug", "print the stack of an error"],
];

const contextFor = (options: Readonly<Record<string, unknown>>, signal: AbortSignal): Context => {
  const { env, stderr, stdout } = process;
  const note = (line: string): void => void (options.quiet || stderr.write(`${line}\n`));
  const bar = stderr.isTTY && !options.quiet && options.progress !== false && !env.CI;
  return {
    print: (line) => void stdout.write(`${line}\n`),
    note,
    progress: (title, unit) =>
      bar ? terminalProgress(stderr, () => performance.now(), title, unit) : silentProgress(note),
    json: options.json === true,
    colour: options.color !== false && !env.NO_COLOR && (stdout.isTTY || !!env.FORCE_COLOR),
    env,
    cwd: process.cwd(),
    signal,
    readStdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    now: () => new Date(),
  };
};

const report = (error: HandfulError, options: Readonly<Record<string, unknown>>): void => {
  const { code, message, hint } = error;
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null } })}\n`);
  else process.stderr.write(`error: ${message}\n${hint === undefined ? "" : `  ${hint}\n`}  (${code})\n`);
  if (options.debug === true)
    process.stderr.write(
      `${error.stack ?? ""}\n${error.cause instanceof Error ? `caused by ${error.cause.stack ?? ""}\n` : ""}`,
    );
};

const addCommand = (
  program: Command,
  definition: CommandDefinition,
  run: (definition: CommandDefinition, args: readonly unknown[], options: Record<string, unknown>) => Promise<void>,
): void => {
  const command = program
    .command(`${definition.name} ${definition.arguments}`.trim())
    .description([definition.summary, definition.details].filter(Boolean).join("\n\n"))
    .summary(definition.summary);
  for (const { flags, description, parse, byDefault, choices } of definition.options) {
    const option = new Option(flags, description);
    if (choices) option.choices([...choices]);
    if (byDefault !== undefined) option.default(byDefault);
    if (parse)
      option.argParser((text) => {
        try {
          return parse(text);
        } catch (thrown) {
          throw new InvalidArgumentError(thrown instanceof Error ? thrown.message : String(thrown));
        }
      });
    command.addOption(option);
  }
  for (const [flags, description] of globalOptions) command.option(flags, description);
  command.addHelpText("before", `Examples:\n${definition.examples.map((example) => `  ${example}`).join("\n")}\n`);
  command.action(async (...all: unknown[]) => run(definition, all.slice(0, -2), all.at(-2) as Record<string, unknown>));
};

/** What the parser of the command line refuses, as an error like all others. */
const usageError = ({ message }: CommanderError, argv: readonly string[]): HandfulError => {
  const [what = "", ...more] = message.replace(/^error: /, "").split("\n");
  const [first = ""] = argv;
  const known = commands.some(({ name }) => name === first);
  const suggestion = /^\((Did you mean .*)\)$/.exec(more.join(" "))?.[1];
  const help = known ? `See handful ${first} --help.` : "See handful --help.";
  const isEarly = globalOptions.some(([flags]) => flags.split(", ").includes(first));
  return optionError(what.replace(/\.$/, ""), {
    hint: suggestion ?? (isEarly ? `Flags come after the command: handful inspect ./photos ${first}` : help),
  });
};

/** Ctrl-C aborts what runs; a second one ends the process at once. */
const onInterrupt = (controller: AbortController): (() => void) => {
  const handler = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  process.on("SIGINT", handler);
  return () => process.off("SIGINT", handler);
};

/**
 * Runs the command line.
 *
 * @param argv  arguments after the program's name
 * @returns the exit code
 */
export const main = async (argv: readonly string[]): Promise<number> => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0); // the reader has seen enough (| head)
    throw error;
  });
  const controller = new AbortController();
  const stopListening = onInterrupt(controller);
  let exitCode = 0;
  const program = new Command("handful")
    .description("Build, trust and ship an image classifier from a handful of photos.")
    .version(version(), "-v, --version")
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined }) // reported below, as all errors are
    .enablePositionalOptions()
    .exitOverride();
  for (const definition of commands)
    addCommand(program, definition, async (chosen, args, options) => {
      try {
        exitCode = (await chosen.run(args, options, contextFor(options, controller.signal))) ?? 0;
      } catch (thrown) {
        const error = asHandfulError(thrown);
        report(error, options);
        exitCode = exitCodes[error.kind];
      }
    });
  program.addHelpText(
    "after",
    "\nFirst steps:\n  handful demo                 a small set, a model, a prediction: in seconds, offline\n  handful inspect ./photos     what is in the folder, and what is wrong with it\n  handful train ./photos       a model with an honest accuracy interval",
  );
  try {
    await program.parseAsync(argv.length === 0 ? ["--help"] : [...argv], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode !== 0) {
      report(usageError(thrown, argv), { json: argv.includes("--json") });
      exitCode = exitCodes.usage;
    }
  } finally {
    stopListening();
  }
  return exitCode;
};

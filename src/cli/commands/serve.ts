import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { Place, Server, ServerOptions } from "../../serve/server.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { exitCodes } from "../errors.ts";
import { printable } from "../format.ts";
import { whole } from "../options.ts";
import { version } from "../version.ts";

type Options = Readonly<Record<string, unknown>>;

const TERMINATED = 143;

const several = (text: string): string[] => text.split(",").filter((part) => part !== "");

/** The name that a model goes by: its file's, or that of its run. */
const nameOf = (path: string): string => {
  const file = basename(path, ".onnx");
  const name = file === "model" ? basename(dirname(path)) : file;
  return (
    name
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9_]+/, "")
      .slice(0, 64) || "model"
  );
};

/** The models named on the command line: `path` or `name=path`. */
const modelsIn = async (args: readonly string[], context: Context): Promise<ServerOptions["models"]> => {
  const { modelPath } = await import("../../pipeline/open-model.ts");
  const models: { name: string; path: string }[] = [];
  for (const arg of args) {
    const [, own, given = arg] = /^([A-Za-z0-9_][A-Za-z0-9._-]{0,63})=(.+)$/.exec(arg) ?? [];
    const path = await modelPath(resolve(context.cwd, given));
    const name = own ?? nameOf(path);
    if (models.some((other) => other.name === name))
      throw optionError(`two models would go by the name "${name}"`, {
        hint: `Name them: ${name}-2=${printable(given)}`,
      });
    models.push({ name, path });
  }
  return models;
};

const placeIn = ({ socket, host, port }: Options, cwd: string): Place =>
  typeof socket === "string" ? { socket: resolve(cwd, socket) } : { host: String(host), port: Number(port) };

const keysIn = async ({ apiKeyFile }: Options, context: Context): Promise<NonNullable<ServerOptions["keys"]>> => {
  if (typeof apiKeyFile !== "string") return [];
  const { parseApiKeys } = await import("../../serve/api-keys.ts");
  return parseApiKeys(await readFile(resolve(context.cwd, apiKeyFile), "utf8"), printable(apiKeyFile));
};

const MEGABYTE = 2 ** 20;

const serverOptions = async (args: readonly string[], options: Options, context: Context): Promise<ServerOptions> => {
  const seconds = (value: unknown): number => Number(value) * 1000;
  return {
    models: await modelsIn(args, context),
    place: placeIn(options, context.cwd),
    version: version(),
    keys: await keysIn(options, context),
    insecure: options.insecure === true,
    hosts: (options.allowHost as string[] | undefined) ?? [],
    origins: (options.allowOrigin as string[] | undefined) ?? [],
    ...(typeof options.modelsFolder === "string" && { modelsFolder: resolve(context.cwd, options.modelsFolder) }),
    log: { write: (line) => context.note(line.trimEnd()) },
    settings: {
      maxBatch: typeof options.maxBatch === "number" ? options.maxBatch : null,
      maxDelayMs: Number(options.maxDelayMs),
      queue: Number(options.queue),
      deadlineMs: Number(options.deadlineMs),
      maxBodyBytes: Number(options.maxBody) * MEGABYTE,
      drainDelayMs: seconds(options.drainDelay),
      drainTimeoutMs: seconds(options.drainTimeout),
      threads: typeof options.threads === "number" ? options.threads : null,
      decoders: Number(options.decoders),
    },
  };
};

const printBanner = ({ address, parts }: Server, { print, json }: Context): void => {
  const models = parts.models.all.map(({ name, info }) => ({ name, version: info!.version, maxBatch: info!.maxBatch }));
  if (json) return print(JSON.stringify({ address, models }));
  const { queue, deadlineMs } = parts.settings;
  const base = address.startsWith("http") ? address : `--unix-socket ${address} http://localhost`;
  for (const { name, version: digits, maxBatch } of models)
    print(`Model       ${printable(name)} (version ${digits}), up to ${maxBatch} pictures together`);
  print(`Serving     ${address}   queue ${queue}, deadline ${deadlineMs / 1000} s`);
  print(`Try         curl -F image=@photo.jpg ${base}/v1/classify`);
  print(`Look at     ${base}/docs   ${base}/readyz   ${base}/metrics`);
};

/** Settles with the exit code once the process is told to end; a second SIGTERM ends it at once. */
const untilTold = (signal: AbortSignal): { told: Promise<number>; forget: () => void } => {
  const { promise, resolve: tell } = Promise.withResolvers<number>();
  let terminated = false;
  const onTerm = (): void => {
    if (terminated || signal.aborted) process.exit(TERMINATED);
    terminated = true;
    tell(0);
  };
  process.on("SIGTERM", onTerm);
  signal.addEventListener(
    "abort",
    () => (terminated ? process.exit(exitCodes.interrupted) : tell(exitCodes.interrupted)),
    { once: true },
  );
  if (signal.aborted) tell(exitCodes.interrupted);
  return { told: promise, forget: () => process.off("SIGTERM", onTerm) };
};

export const command: CommandDefinition = {
  name: "serve",
  summary: "Answer over HTTP what pictures show.",
  arguments: "<models...>",
  options: [
    { flags: "--host <address>", description: "address to listen on", byDefault: "127.0.0.1" },
    { flags: "--port <number>", description: "port; 0: any that is free", parse: whole(0, 65535), byDefault: 8080 },
    { flags: "--socket <path>", description: "listen on a Unix socket instead" },
    {
      flags: "--api-key-file <file>",
      description: "ask for API keys: a line each, sha256 of the key, name=, scopes=, expires=",
    },
    { flags: "--insecure", description: "let everybody ask who can reach the address" },
    {
      flags: "--max-batch <pictures>",
      description: "most pictures run together; found by trial when left out",
      parse: whole(1, 1024),
    },
    {
      flags: "--max-delay-ms <ms>",
      description: "longest that a picture waits for company",
      parse: whole(0, 10_000),
      byDefault: 20,
    },
    {
      flags: "--queue <pictures>",
      description: "most pictures waiting, of one model; more are answered 429",
      parse: whole(1, 1_000_000),
      byDefault: 256,
    },
    {
      flags: "--deadline-ms <ms>",
      description: "longest that a request may take; then it is answered 504",
      parse: whole(1, 3_600_000),
      byDefault: 10_000,
    },
    { flags: "--max-body <MiB>", description: "largest body of a request", parse: whole(1, 1024), byDefault: 16 },
    {
      flags: "--drain-delay <seconds>",
      description: "still take requests for so long after SIGTERM",
      parse: whole(0, 3600),
      byDefault: 0,
    },
    {
      flags: "--drain-timeout <seconds>",
      description: "longest that accepted requests may take to finish",
      parse: whole(0, 3600),
      byDefault: 30,
    },
    { flags: "--models-folder <folder>", description: "load models from it while serving (POST /v1/models/load)" },
    { flags: "--allow-host <names>", description: "names the server goes by, with commas between", parse: several },
    {
      flags: "--allow-origin <origins>",
      description: "origins of web pages that may ask, with commas between",
      parse: several,
    },
    {
      flags: "--threads <number>",
      description: "threads of the runtime, per model; one a core when left out",
      parse: whole(1, 1024),
    },
    {
      flags: "--decoders <number>",
      description: "threads that decode pictures, per model",
      parse: whole(1, 64),
      byDefault: 1,
    },
  ],
  examples: [
    "handful serve runs/latest",
    "handful serve bolts=bolts.onnx nuts=nuts.onnx --port 9000",
    "handful serve model.onnx --host 0.0.0.0 --api-key-file keys.txt",
  ],
  run: async ([models], options, context) => {
    const { startServer } = await import("../../serve/server.ts");
    const { told, forget } = untilTold(context.signal);
    try {
      const server = await startServer(await serverOptions(models as string[], options, context));
      // Told to end while models are still being opened, it ends without waiting for them.
      const first = await Promise.race([server.loaded.then(() => null), told]).catch(async (thrown: unknown) => {
        await server.stop();
        throw thrown;
      });
      if (first === null) printBanner(server, context);
      const exitCode = first ?? (await told);
      await server.stop();
      return exitCode;
    } finally {
      forget();
    }
  },
};

import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { HandfulError, optionError } from "../base/errors.ts";
import type { ApiKey } from "./api-keys.ts";
import { createApp, type App, type LogStream } from "./app.ts";
import { chooseByName, type Choose } from "./choose-model.ts";
import { DEFAULT_WATCH, openEngine, type Engine, type EngineEvents } from "./engine.ts";
import { createFailures } from "./failures.ts";
import { isLoopback } from "./guard.ts";
import { createJsonReader } from "./json-reader.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createModelTable } from "./model-table.ts";
import type { Document } from "./openapi-document.ts";
import { openApiOf } from "./openapi.ts";
import type { Answered, Parts } from "./route.ts";
import { routes } from "./routes/index.ts";
import { openServedModel } from "./served-model.ts";
import { DEFAULT_SETTINGS, type ServeSettings } from "./settings.ts";

/** Where a server listens: a port (0: any that is free) of an address, or a socket of the file system. */
export type Place = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface ServerOptions {
  readonly models: readonly { readonly name: string; readonly path: string }[];
  readonly place: Place;
  /** Version of Handful, for those who ask. */
  readonly version: string;
  readonly settings?: Partial<ServeSettings>;
  /** Empty: everybody may ask, nobody may load. */
  readonly keys?: readonly ApiKey[];
  /** Whether others than this machine may ask without a key. */
  readonly insecure?: boolean;
  /** Names and origins that may ask besides the machine itself. */
  readonly hosts?: readonly string[];
  readonly origins?: readonly string[];
  /** Folder from which models may be loaded while serving, absolute. */
  readonly modelsFolder?: string;
  readonly log?: LogStream;
  readonly choose?: Choose;
  readonly answered?: (answered: Answered) => void;
  /** How an engine is opened; a process of its own when left out. */
  readonly open?: OpenModel;
}

type OpenModel = (path: string, events: EngineEvents, signal: AbortSignal) => Promise<Engine>;

/** A running server. Must be stopped. */
export interface Server {
  /** "http://127.0.0.1:8080", or the path of a socket. */
  readonly address: string;
  /** Settles when all models are open. @throws what the first unsound one throws */
  readonly loaded: Promise<void>;
  readonly app: App;
  readonly parts: Parts;
  /** Is not ready from now on, lets what was accepted finish, and ends. */
  stop(): Promise<void>;
}

/** Tries against wrong keys: thirty at once, then one every two seconds. */
const GUESSES = { burst: 30, refillMs: 2000 };

const engineOpener =
  (settings: ServeSettings): OpenModel =>
  (path, events, signal) => {
    const { threads, decoders, maxBatch, maxDelayMs, hangMs, silenceMs } = settings;
    return openEngine(
      {
        path,
        decoders,
        maxDelayMs,
        hangMs,
        ...(threads !== null && { threads }),
        ...(maxBatch !== null && { maxBatch }),
      },
      { events, watch: { ...DEFAULT_WATCH, silenceMs }, signal },
    );
  };

interface Log {
  info(entry: object): void;
  error(entry: object): void;
}

const makeTable = (
  settings: ServeSettings,
  metrics: Metrics,
  { log, open, signal }: { readonly log: () => Log; readonly open: OpenModel; readonly signal: AbortSignal },
) =>
  createModelTable((name, path) =>
    openServedModel({
      name,
      path,
      open: (file) =>
        open(
          file,
          {
            ran: (items, ms) => metrics.ran(name, items, ms / 1000),
            decoded: (ms) => metrics.decoded(name, ms / 1000),
          },
          signal,
        ),
      queue: settings.queue,
      restartMs: settings.restartMs,
      drainMs: settings.drainTimeoutMs,
      events: {
        ended: ({ message }) => log().error({ model: name, message }),
        restarted: () => {
          metrics.restarted(name);
          log().info({ model: name, message: "the engine was restarted" });
        },
        failed: (thrown) => log().error({ model: name, message: "restarting failed", cause: String(thrown) }),
      },
    }),
  );

const listenError = (thrown: unknown, place: Place): HandfulError => {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const where = "socket" in place ? place.socket : `${place.host} port ${place.port}`;
  const said: Readonly<Record<string, readonly [string, string]>> = {
    EADDRINUSE: ["is in use already", "Stop what listens there, or choose another with --port (0: any that is free)."],
    EACCES: ["may not be used by you", "Choose a port from 1024 up with --port."],
    EPERM: ["may not be used by you", "Choose another with --port or --socket."],
    EADDRNOTAVAIL: ["is no address of this machine", "Choose 127.0.0.1, or 0.0.0.0 for all."],
    ENOTFOUND: ["is no address of this machine", "Choose 127.0.0.1, or 0.0.0.0 for all."],
  };
  const [what, hint] = said[code] ?? [`cannot be listened on (${code})`, "Choose another with --host and --port."];
  return new HandfulError("address", "E_ADDRESS", `${where} ${what}`, { hint, cause: thrown });
};

/** Refuses to serve the network without keys. */
const checkExposure = ({ place, keys = [], insecure = false }: ServerOptions): void => {
  if ("socket" in place || keys.length > 0 || insecure || isLoopback(place.host)) return;
  throw optionError(`${place.host} can be reached by others, and no API keys were given`, {
    hint: "Add --api-key-file <file>, or --insecure if everybody may ask.",
  });
};

const POLL_MS = 10;

const stopServer = async (parts: Parts, app: App, onStopping: () => void): Promise<void> => {
  const { drainDelayMs, drainTimeoutMs } = parts.settings;
  if (drainDelayMs > 0) await sleep(drainDelayMs);
  onStopping();
  const began = performance.now();
  while (app.working > 0 && performance.now() - began < drainTimeoutMs) await sleep(POLL_MS);
  await app.http.close();
  await parts.models.close();
  await parts.json.close();
  parts.metrics.close();
};

/**
 * Starts a server: listens at once, opens the models, and is ready when all are open.
 *
 * @throws optionError when others could reach it without a key; E_ADDRESS
 */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  checkExposure(options);
  const { place, keys = [], insecure = false, hosts = [], origins = [], log = null } = options;
  const settings: ServeSettings = { ...DEFAULT_SETTINGS, ...options.settings };
  const metrics = createMetrics();
  const state: { phase: "loading" | "serving" | "leaving" | "stopping" } = { phase: "loading" };
  const open = options.open ?? engineOpener(settings);
  const engines = new AbortController();
  const models = makeTable(settings, metrics, { log: () => app.http.log, open, signal: engines.signal });
  let document: Document | null = null;
  const parts: Parts = {
    settings,
    version: options.version,
    models,
    json: createJsonReader(),
    metrics,
    choose: options.choose ?? chooseByName,
    answered: options.answered ?? (() => undefined),
    isReady: () => state.phase === "serving" && models.all.every(({ info }) => info !== null),
    isStopping: () => state.phase === "stopping",
    modelsFolder: options.modelsFolder ?? null,
    openApi: () => (document ??= openApiOf(routes, options.version)),
  };
  // A browser sends no key by itself, and a server open to everybody has nothing to keep.
  const anyHost = keys.length > 0 || insecure || "socket" in place;
  const guard = {
    keys,
    failures: createFailures(() => performance.now(), GUESSES),
    hosts: anyHost ? ["*"] : hosts,
    origins,
    now: () => Date.now(),
  };
  const app = createApp({ parts, routes, guard, log });
  const address = await listen(app, place);
  const loaded = Promise.all(options.models.map(({ name, path }) => models.load(name, path))).then(() => {
    if (state.phase === "loading") state.phase = "serving";
  });
  loaded.catch(() => undefined); // heard by whoever awaits it
  let stopped: Promise<void> | null = null;
  return {
    address,
    loaded,
    app,
    parts,
    stop: () => {
      state.phase = "leaving";
      stopped ??= stopServer(parts, app, () => void (state.phase = "stopping")).finally(() => engines.abort());
      return stopped;
    },
  };
};

const listen = async ({ http }: App, place: Place): Promise<string> => {
  try {
    if ("socket" in place) {
      await http.listen({ path: place.socket });
      return place.socket;
    }
    await http.listen({ host: place.host, port: place.port });
    const bound = http.server.address() as AddressInfo; // no path: it listens on an address
    return `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
  } catch (thrown) {
    await http.close();
    throw listenError(thrown, place);
  }
};

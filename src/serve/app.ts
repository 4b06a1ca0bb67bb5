import { randomUUID } from "node:crypto";
import Fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { Socket } from "node:net";
import type { ErrorAnswer } from "../api/error.ts";
import { HandfulError, messageOf } from "../base/errors.ts";
import type { ApiKey } from "./api-keys.ts";
import { checkKey, checkOrigin, type GuardOptions } from "./guard.ts";
import { beginLifetime, type Lifetime } from "./lifetime.ts";
import { createByteBudget, readBody } from "./read-body.ts";
import type { Ask, Parts, Route } from "./route.ts";
import { publicMessage, requestError, retryAfter, statusOf } from "./statuses.ts";

/** Where lines of the log go; one JSON document a line. */
export type LogStream = { write(line: string): void };

export interface AppOptions {
  readonly parts: Parts;
  readonly routes: readonly Route[];
  readonly guard: GuardOptions;
  /** null: no log. */
  readonly log: LogStream | null;
}

/** What is known of a request besides what fastify knows. */
interface Note {
  lifetime: Lifetime | null;
  route: Route;
  key: ApiKey | null;
  /** Bytes of its body that count against the budget. */
  bytes: number;
  code: string | null;
  isOver: boolean;
}

const MAX_HEADER_BYTES = 16 * 1024;
/** How often connections are looked through for ones that take too long, in milliseconds. */
const LOOK_MS = 1000;

/** Status in log and metrics of a request whose client left; nobody gets it. */
const LEFT = 499;

const clientErrors: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "E_HEADERS", "wanted headers of at most 16 KiB"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "E_SLOW", "the request came in too slowly"],
};

/** Answers what never became a request. */
const onClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, code, message] = clientErrors[error.code ?? ""] ?? [400, "E_HTTP", "wanted an HTTP/1.1 request"];
  const body = JSON.stringify({ error: message, code, requestId: randomUUID() } satisfies ErrorAnswer);
  socket.end(
    `HTTP/1.1 ${status} Error\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
};

/** Any failure as an error of ours; fastify's own refusals of a request keep their status. */
const asRequestError = (thrown: unknown): HandfulError => {
  if (thrown instanceof HandfulError) return thrown;
  const { statusCode = 500, code } = thrown as FastifyError;
  if (statusCode === 413) return requestError("E_BODY_TOO_LARGE", "the body is too large");
  if (statusCode === 415) return requestError("E_BODY_TYPE", "wanted a body of a known type");
  if (statusCode < 500) return requestError("E_HTTP", `the request is not understood (${code ?? statusCode})`);
  return new HandfulError("internal", "E_INTERNAL", `internal: ${messageOf(thrown)}`, { cause: thrown });
};

const requestId = (given: string | string[] | undefined): string =>
  typeof given === "string" && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();

/** Time that a request may take: less than usual where it says so itself. */
const deadlineOf = (request: FastifyRequest, most: number): number => {
  const given = request.headers["x-deadline-ms"];
  if (given === undefined) return most;
  const ms = Number(given);
  if (!Number.isInteger(ms) || ms < 1) throw requestError("E_DEADLINE_HEADER", "x-deadline-ms: wanted milliseconds");
  return Math.min(ms, most);
};

const sendError = (reply: FastifyReply, error: HandfulError, id: string): FastifyReply => {
  const status = statusOf(error);
  const wait = retryAfter(error);
  if (wait !== null) void reply.header("retry-after", wait);
  if (status === 401) void reply.header("www-authenticate", "Bearer");
  if (status === 413 || status === 408) void reply.header("connection", "close");
  const { code, hint } = error;
  return reply.code(status).send({
    error: publicMessage(error, id),
    code,
    ...(hint !== undefined && { hint }),
    requestId: id,
  } satisfies ErrorAnswer);
};

const makeFastify = ({ settings }: Parts, log: LogStream | null): FastifyInstance =>
  Fastify({
    logger:
      log === null
        ? false
        : {
            level: "info",
            base: null,
            timestamp: () => `,"time":"${new Date().toISOString()}"`,
            messageKey: "message",
            stream: log,
          },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: ({ headers }) => requestId(headers["x-request-id"]),
    bodyLimit: settings.maxBodyBytes,
    requestTimeout: settings.requestTimeoutMs,
    connectionTimeout: settings.idleTimeoutMs,
    keepAliveTimeout: settings.idleTimeoutMs,
    http: {
      headersTimeout: settings.headersTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: LOOK_MS,
    },
    forceCloseConnections: true,
    return503OnClosing: false,
    clientErrorHandler: onClientError,
  });

/** The HTTP side of a server: everything but the listening. */
export interface App {
  readonly http: FastifyInstance;
  /** Requests that put an engine to work and have no answer yet. */
  readonly working: number;
}

export const createApp = ({ parts, routes, guard, log }: AppOptions): App => {
  const { settings, metrics } = parts;
  let working = 0;
  const app = makeFastify(parts, log);
  const budget = createByteBudget(settings.bodyBudgetBytes);
  const notes = new WeakMap<FastifyRequest, Note>();

  const admit = (request: FastifyRequest, note: Note): void => {
    if (!note.route.works) return;
    const { model } = { ...(request.query as Record<string, string>), ...(request.params as Record<string, string>) };
    const [only, more] = parts.models.all;
    const named = model === undefined ? undefined : parts.models.all.find(({ name }) => name === model);
    (named ?? (more === undefined ? only : undefined))?.admit(note.lifetime!.remainingMs());
  };

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest, stream: FastifyRequest["raw"]) => {
    const note = notes.get(request)!;
    const length = request.headers["content-length"];
    const declared = length === undefined ? null : Number(length);
    const reading = readBody(stream, { maxBytes: settings.maxBodyBytes, budget, declared });
    const body = await (note.lifetime ? beforeDeadline(reading, note.lifetime.signal) : reading);
    if (note.isOver) budget.give(body.length);
    else note.bytes = body.length;
    return body;
  });
  /** A body that is still coming in at the deadline is given up. */
  const beforeDeadline = async (reading: Promise<Buffer>, signal: AbortSignal): Promise<Buffer> => {
    const slow = Promise.withResolvers<never>();
    const late = (): void => slow.reject(requestError("E_SLOW", "the body came in too slowly"));
    signal.addEventListener("abort", late, { once: true });
    try {
      return await Promise.race([reading, slow.promise]);
    } catch (thrown) {
      void reading.then(
        ({ length }) => budget.give(length),
        () => undefined,
      );
      throw thrown;
    } finally {
      signal.removeEventListener("abort", late);
    }
  };

  /** What is to be done once a request is over, answered or left by its client. */
  const over = (request: FastifyRequest, reply: FastifyReply, left: boolean): void => {
    const note = notes.get(request);
    if (note) note.isOver = true;
    if (note?.lifetime) {
      note.lifetime.end();
      working--;
    }
    budget.give(note?.bytes ?? 0);
    const route = note ? note.route.paths[0]! : "none";
    const status = left ? LEFT : reply.statusCode;
    const code = left ? "E_LEFT" : note?.code;
    metrics.request(route, request.method, status, reply.elapsedTime / 1000);
    if (left) metrics.cancelled();
    app.log.info({
      requestId: request.id,
      method: request.method,
      route,
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(note?.key && { key: note.key.name }),
      ...(code && { code }),
    });
  };
  app.addHook("onRequest", async (request, reply) => {
    let isSent = false;
    reply.raw.once("finish", () => (isSent = true));
    reply.raw.once("close", () => over(request, reply, !isSent));
    void reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    if (parts.isStopping()) void reply.header("connection", "close");
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = asRequestError(thrown);
    const note = notes.get(request);
    if (note) note.code = error.code;
    if (statusOf(error) === 500)
      app.log.error({ requestId: request.id, code: error.code, stack: error.stack, cause: causeOf(error) });
    return sendError(reply, error, request.id);
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?");
    const allowed = (["GET", "POST"] as const).filter((method) => app.findRoute({ method, url: path }) !== null);
    if (allowed.length === 0)
      return sendError(reply, requestError("E_ROUTE", "there is nothing at this address", "See /docs."), request.id);
    void reply.header("allow", allowed.join(", "));
    return sendError(reply, requestError("E_METHOD", `wanted ${allowed.join(" or ")}`), request.id);
  });

  for (const route of routes)
    for (const url of route.paths)
      app.route({
        method: route.method,
        url,
        onRequest: async (request, reply) => {
          const note: Note = { lifetime: null, route, key: null, bytes: 0, code: null, isOver: false };
          notes.set(request, note);
          checkOrigin(request.raw, guard);
          if (route.scope !== null) note.key = checkKey(request.raw, route.scope, guard);
          const encoding = request.headers["content-encoding"] ?? "identity";
          if (encoding !== "identity")
            throw requestError(
              "E_BODY_ENCODING",
              "wanted a body that is not compressed",
              "JPEG and PNG are compressed already.",
            );
          if (!route.works) return;
          if (parts.isStopping())
            throw new HandfulError("interrupted", "E_DRAINING", "the server is stopping", { hint: "Ask another one." });
          note.lifetime = beginLifetime(reply.raw, deadlineOf(request, settings.deadlineMs));
          working++;
          admit(request, note);
        },
        handler: async (request, reply) => {
          const { status = 200, type, headers, body } = await route.handle(parts, askOf(request, notes.get(request)!));
          if (type !== undefined) void reply.type(type);
          return reply
            .code(status)
            .headers({ ...headers })
            .send(body);
        },
      });
  return {
    http: app,
    get working() {
      return working;
    },
  };
};

const causeOf = ({ cause }: HandfulError): string | undefined => (cause instanceof Error ? cause.stack : undefined);

const askOf = (request: FastifyRequest, { lifetime }: Note): Ask => ({
  id: request.id,
  params: request.params as Record<string, string>,
  query: request.query as Record<string, unknown>,
  body: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
  contentType: request.headers["content-type"] ?? "",
  header: (name) => {
    const value = request.headers[name];
    return typeof value === "string" ? value : undefined;
  },
  signal: lifetime?.signal ?? new AbortController().signal,
  remainingMs: () => lifetime?.remainingMs() ?? 0,
  elapsedMs: () => lifetime?.elapsedMs() ?? 0,
});

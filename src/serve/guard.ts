import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import { HandfulError } from "../base/errors.ts";
import { matchKey, type ApiKey, type Scope } from "./api-keys.ts";
import type { Failures } from "./failures.ts";
import { requestError } from "./statuses.ts";

export interface GuardOptions {
  readonly keys: readonly ApiKey[];
  readonly failures: Failures;
  /** Names under which the server may be addressed besides those of the machine itself; "*": any. */
  readonly hosts: readonly string[];
  /** Origins of pages in a browser that may ask. */
  readonly origins: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Whether a host, without port, is this machine to itself. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

/** All values of a header, as often as it was sent. */
const valuesOf = ({ rawHeaders }: IncomingMessage, name: string): string[] =>
  rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);

/** The host of a Host header, in lower case without port, or null where it is none. */
const hostOf = (header: string): string | null =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header)?.[1]?.toLowerCase() ?? null;

/**
 * Refuses requests that a page of another site could have made the browser send: an unknown Host (DNS rebinding) or
 * Origin.
 *
 * @throws E_HOST, E_ORIGIN
 */
export const checkOrigin = (request: IncomingMessage, options: GuardOptions): void => {
  const { headers } = request;
  const named = valuesOf(request, "host");
  const host = named.length === 1 ? hostOf(named[0]!) : null;
  const isKnown = host !== null && (isLoopback(host) || options.hosts.includes(host) || options.hosts.includes("*"));
  if (!isKnown)
    throw requestError("E_HOST", "the server does not go by this name", "Start it with --allow-host <name>.");
  const { origin } = headers;
  const isOwn = origin === `http://${headers.host}` || origin === `https://${headers.host}`;
  if (origin !== undefined && !isOwn && !options.origins.includes(origin))
    throw requestError("E_ORIGIN", "pages of this origin may not ask", "Start it with --allow-origin <origin>.");
};

/** The key that a request brings: `Authorization: Bearer <key>` or `X-API-Key: <key>`, once. */
const keyIn = (request: IncomingMessage): string => {
  const { url = "" } = request;
  const bearers = valuesOf(request, "authorization");
  const given = [...bearers, ...valuesOf(request, "x-api-key")];
  if (given.length === 0) {
    if (/[?&](api[_-]?key|key|token|access_token)=/i.test(url))
      throw requestError(
        "E_KEY_PLACE",
        "keys in an address end up in logs",
        "Send it as a header: Authorization: Bearer <key>",
      );
    throw requestError(
      "E_KEY_MISSING",
      "this server wants an API key",
      "Send it as a header: Authorization: Bearer <key>",
    );
  }
  const bearer = /^Bearer ([^\s,]+)$/i.exec(given[0]!);
  const key = bearers.length > 0 ? bearer?.[1] : given[0];
  if (given.length > 1 || key === undefined)
    throw requestError("E_KEY_WRONG", "wanted one API key", "Send it once: Authorization: Bearer <key>");
  return key;
};

/**
 * The key of a request, which must open `scope`; null where the server wants none.
 *
 * @throws E_KEY_MISSING, E_KEY_PLACE, E_KEY_WRONG (unknown or expired, not told apart), E_KEY_SCOPE, E_KEY_RATE
 */
export const checkKey = (request: IncomingMessage, scope: Scope, options: GuardOptions): ApiKey | null => {
  const { keys, failures, now } = options;
  if (keys.length === 0) {
    if (scope !== "admin") return null;
    throw requestError(
      "E_KEY_SCOPE",
      "without API keys models are neither loaded nor unloaded",
      "Start the server with --api-key-file, with a key of scope admin.",
    );
  }
  const from = request.socket.remoteAddress ?? "";
  if (!failures.mayTry(from))
    throw new HandfulError("usage", "E_KEY_RATE", "too many wrong API keys from this address", {
      hint: "Try again in a minute.",
      cause: { retryAfterSeconds: 60 },
    });
  const text = keyIn(request);
  const key = matchKey(keys, text);
  if (key === null || (key.expiresAt !== null && now() >= key.expiresAt)) {
    failures.failed(from);
    throw requestError("E_KEY_WRONG", "the API key is not known here, or no longer valid");
  }
  if (!key.scopes.includes(scope))
    throw requestError("E_KEY_SCOPE", `the API key "${key.name}" may not do this (wanted scope: ${scope})`);
  return key;
};

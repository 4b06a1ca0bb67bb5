import { messageOf } from "../base/errors.ts";
import { HubFault } from "./faults.ts";

/** How to ask: everything a request needs besides its address. */
export interface RequestOptions {
  readonly method: "HEAD" | "GET";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent only to the origin of the first address. */
  readonly token: string | null;
  readonly signal: AbortSignal;
}

/** An answer that is no redirect (or one the caller need not follow), with the headers of all answers on the way. */
export interface Answer {
  readonly response: Response;
  /** The first value of a header along the redirects. */
  header(name: string): string | null;
}

const MAX_REDIRECTS = 8;

/** Failures to connect that a second try a second later does not mend. */
const unreachable = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The code of a failed fetch, which hides in its causes. */
const networkCode = (thrown: unknown): string => {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
    if (at instanceof AggregateError && at.errors.length > 0) return networkCode(at.errors[0]);
  }
  return "";
};

/** What a failed fetch says; its own message is always "fetch failed". */
const said = (thrown: unknown): string => messageOf(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown);

/** Anything a connection throws, as a fault. Aborts by the caller's own signal are thrown on. */
export const networkFault = (thrown: unknown, host: string): HubFault => {
  const code = networkCode(thrown);
  if (unreachable.has(code))
    return new HubFault("no-network", `no network: ${host} cannot be reached (${code})`, { cause: thrown });
  return new HubFault("cut", `the connection to ${host} broke (${code || said(thrown)})`, { cause: thrown });
};

/** `Retry-After` in milliseconds: seconds, or a date against the server's own `Date`. */
const retryAfterMs = (response: Response): number | null => {
  const text = response.headers.get("retry-after");
  if (text === null) return null;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text) * 1000;
  const wait = Date.parse(text) - Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(wait) ? null : Math.max(0, wait);
};

const checkStatus = (response: Response, host: string): void => {
  const { status, headers } = response;
  if (status < 400) return;
  const said = headers.get("x-error-message");
  const what = `${host} answers ${status}${said ? ` (${said})` : ""}`;
  if (status === 429 || status === 408 || status >= 500)
    throw new HubFault("busy", status === 429 ? `${host} says it is asked too often (429)` : what, {
      retryAfterMs: retryAfterMs(response),
    });
  if (status === 401 || status === 403) throw new HubFault("denied", `${what}: not there, private or gated`);
  if (status === 404 || status === 410)
    throw new HubFault("not-found", `${what}: no such repository, revision or file`);
  if (status !== 416) throw new HubFault("unexpected", what);
};

const fetchOnce = async (
  url: URL,
  sameOrigin: boolean,
  { method, headers, token, signal }: RequestOptions,
): Promise<Response> => {
  try {
    return await fetch(url, {
      method,
      redirect: "manual",
      signal,
      headers: {
        ...headers,
        "user-agent": "handful",
        "accept-encoding": "identity",
        ...(token !== null && sameOrigin && { authorization: `Bearer ${token}` }),
      },
    });
  } catch (thrown) {
    signal.throwIfAborted();
    if (networkCode(thrown) === "")
      throw new HubFault("unexpected", `${url.host} cannot be asked (${said(thrown)})`, { cause: thrown });
    throw networkFault(thrown, url.host);
  }
};

const redirectTarget = (response: Response, from: URL): URL | null => {
  const location = response.headers.get("location");
  if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null) return null;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (!target || !/^https?:$/.test(target.protocol))
    throw new HubFault("redirects", `${from.host} redirects to "${location}"`);
  return target;
};

/**
 * Asks for an address, following redirects itself: a token goes to the first origin only, a circle is ended.
 *
 * @param enough  whether the headers seen so far make it needless to follow a redirect
 * @throws HubFault for every status of 400 and above except 416, for redirects that do not end, and for no connection
 */
export const request = async (
  address: string,
  options: RequestOptions,
  enough: (header: Answer["header"]) => boolean = () => false,
): Promise<Answer> => {
  const seen: Response[] = [];
  const header = (name: string): string | null => {
    for (const response of seen) if (response.headers.has(name)) return response.headers.get(name);
    return null;
  };
  const first = new URL(address);
  const visited = new Set<string>();
  for (let url = first; ;) {
    if (visited.has(url.href) || visited.size > MAX_REDIRECTS)
      throw new HubFault(
        "redirects",
        `${first.host} redirects ${visited.has(url.href) ? "in a circle" : `more than ${MAX_REDIRECTS} times`}`,
      );
    visited.add(url.href);
    const response = await fetchOnce(url, url.origin === first.origin, options);
    seen.push(response);
    const target = redirectTarget(response, url);
    if (target === null || enough(header)) {
      checkStatus(response, url.host);
      return { response, header };
    }
    await response.body?.cancel();
    url = target;
  }
};

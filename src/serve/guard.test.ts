import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { parseApiKeys } from "./api-keys.ts";
import { createFailures } from "./failures.ts";
import { checkKey, checkOrigin, isLoopback, type GuardOptions } from "./guard.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const options = (more: Partial<GuardOptions> = {}): GuardOptions => ({
  keys: parseApiKeys(
    `${sha("asks")} name=asks scopes=classify\n${sha("old")} expires=2020-01-01\n${sha("boss")} name=boss scopes=classify,admin`,
    "keys",
  ),
  failures: createFailures(() => 0, { burst: 1000, refillMs: 1 }),
  hosts: [],
  origins: [],
  now: () => Date.UTC(2026, 10, 25),
  ...more,
});

/** A request with headers, of which one may come twice. */
const request = (headers: Record<string, string | string[]>, url = "/v1/classify"): IncomingMessage => {
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((v) => [name, v]));
  const first = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()[0]]));
  return { headers: first, rawHeaders, url, socket: { remoteAddress: "10.0.0.1" } } as unknown as IncomingMessage;
};
const outcome = (work: () => { name: string } | null | void): string => {
  try {
    return work()?.name ?? "done";
  } catch (thrown) {
    if (!(thrown instanceof HandfulError)) throw thrown;
    return thrown.code;
  }
};

describe("S1: the name that a server is asked by", () => {
  it.each([
    ["localhost", "done"],
    ["localhost:8080", "done"],
    ["LOCALHOST", "done"],
    ["127.0.0.1:8080", "done"],
    ["127.8.9.1", "done"],
    ["[::1]:8080", "done"],
    ["evil.com", "E_HOST"],
    ["localhost.evil.com", "E_HOST"],
    ["127.0.0.1.evil.com", "E_HOST"],
    ["127.1", "E_HOST"],
    ["0x7f000001", "E_HOST"],
    ["localhost:8080@evil.com", "E_HOST"],
    ["localhost:", "E_HOST"],
    ["", "E_HOST"],
    ["model.lab", "done"],
    ["model.lab:80", "done"],
  ])("%j: %s", (host, wanted) =>
    expect(outcome(() => checkOrigin(request({ host }), options({ hosts: ["model.lab"] })))).toBe(wanted),
  );

  it("must be there, once; any is right where all are allowed", () => {
    expect(outcome(() => checkOrigin(request({}), options()))).toBe("E_HOST");
    expect(outcome(() => checkOrigin(request({ host: ["localhost", "evil.com"] }), options()))).toBe("E_HOST");
    expect(outcome(() => checkOrigin(request({ host: "evil.com" }), options({ hosts: ["*"] })))).toBe("done");
  });
});

describe("S2: the page that asks", () => {
  it.each([
    ["http://localhost:8080", "done"],
    ["https://localhost:8080", "done"],
    ["http://localhost:9090", "E_ORIGIN"],
    ["http://evil.com", "E_ORIGIN"],
    ["null", "E_ORIGIN"],
    ["https://app.lab", "done"],
    ["https://app.lab.evil.com", "E_ORIGIN"],
  ])("%s: %s", (origin, wanted) => {
    const asked = request({ host: "localhost:8080", origin });
    expect(outcome(() => checkOrigin(asked, options({ origins: ["https://app.lab"] })))).toBe(wanted);
  });
});

describe("case 67: the key that a request brings", () => {
  it.each<[string, Record<string, string | string[]>, string]>([
    ["as a bearer", { authorization: "Bearer asks" }, "asks"],
    ["in its own header", { "x-api-key": "asks" }, "asks"],
    ["missing", {}, "E_KEY_MISSING"],
    ["wrong", { authorization: "Bearer askz" }, "E_KEY_WRONG"],
    ["the hash itself", { authorization: `Bearer ${sha("asks")}` }, "E_KEY_WRONG"],
    ["expired", { authorization: "Bearer old" }, "E_KEY_WRONG"],
    ["of another scheme", { authorization: "Basic asks" }, "E_KEY_WRONG"],
    ["twice", { authorization: ["Bearer asks", "Bearer asks"] }, "E_KEY_WRONG"],
    ["in both headers", { authorization: "Bearer asks", "x-api-key": "asks" }, "E_KEY_WRONG"],
    ["empty", { authorization: "Bearer " }, "E_KEY_WRONG"],
  ])("%s", (_, headers, wanted) =>
    expect(outcome(() => checkKey(request(headers), "classify", options()))).toBe(wanted),
  );

  it("is refused in the address, of another scope, and for all after too many wrong ones", () => {
    expect(outcome(() => checkKey(request({}, "/v1/classify?api_key=asks"), "classify", options()))).toBe(
      "E_KEY_PLACE",
    );
    const asks = request({ authorization: "Bearer asks" });
    expect(outcome(() => checkKey(asks, "admin", options()))).toBe("E_KEY_SCOPE");
    expect(outcome(() => checkKey(request({ authorization: "Bearer boss" }), "admin", options()))).toBe("boss");
    const few = options({ failures: createFailures(() => 0, { burst: 2, refillMs: 1e9 }) });
    const wrong = request({ authorization: "Bearer guess" });
    const tries = Array.from({ length: 3 }, () => outcome(() => checkKey(wrong, "classify", few)));
    expect(tries).toEqual(["E_KEY_WRONG", "E_KEY_WRONG", "E_KEY_RATE"]);
  });

  it("is not wanted where there are none, but nobody is then an administrator", () => {
    expect(outcome(() => checkKey(request({}), "classify", options({ keys: [] })))).toBe("done");
    expect(outcome(() => checkKey(request({}), "admin", options({ keys: [] })))).toBe("E_KEY_SCOPE");
  });
});

it("knows the addresses by which a machine calls itself", () => {
  expect(["localhost", "127.0.0.1", "127.3.4.5", "::1", "[::1]"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.nip.io", "example.org"].some(isLoopback)).toBe(false);
});

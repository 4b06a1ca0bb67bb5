import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stubAnswer, stubEngine } from "../../test/fixtures/stub-engine.ts";
import { stubServer, type StubServer } from "../../test/fixtures/stub-server.ts";
import { HandfulError } from "../base/errors.ts";
import { parseApiKeys } from "./api-keys.ts";

let server: StubServer;
afterEach(() => server.close());
const start = async (...options: Parameters<typeof stubServer>): Promise<StubServer> =>
  (server = await stubServer(...options));
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const image = {
  method: "POST",
  url: "/v1/classify",
  payload: Buffer.from("x"),
  headers: { "content-type": "image/png" },
} as const;

describe("what every answer has", () => {
  it("an id of the request, taken over where it is plain, and no sniffing", async () => {
    await start({ a: "a" }, () => stubEngine());
    const own = await server.http.inject({ url: "/healthz", headers: { "x-request-id": "mine-1" } });
    expect(own.headers).toMatchObject({ "x-request-id": "mine-1", "x-content-type-options": "nosniff" });
    const odd = await server.http.inject({ url: "/healthz", headers: { "x-request-id": 'a"b\u00e9' } });
    expect(odd.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("a line in the log with route and status, and neither picture nor key nor address", async () => {
    await start({ a: "a" }, () => stubEngine(), { keys: parseApiKeys(`${sha("secret")} name=lab`, "keys") });
    await server.http.inject({
      ...image,
      url: "/v1/classify?secret=1",
      headers: { ...image.headers, authorization: "Bearer secret" },
    });
    await server.http.inject({ ...image, headers: { ...image.headers, authorization: "Bearer wrong-secret" } });
    const [good, bad] = server.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(good).toMatchObject({ method: "POST", route: "/v1/classify", status: 200, key: "lab" });
    expect(bad).toMatchObject({ status: 401, code: "E_KEY_WRONG" });
    expect(server.log.join("")).not.toContain("secret");
  });
});

describe("what is refused", () => {
  it("addresses and methods there are not, with the ones there are", async () => {
    await start({ a: "a" }, () => stubEngine());
    const nowhere = await server.http.inject({ url: "/v1/nothing/../../etc" });
    expect([nowhere.statusCode, nowhere.json()]).toMatchObject([404, { code: "E_ROUTE" }]);
    const method = await server.http.inject({ method: "DELETE", url: "/v2/models/a/infer" });
    expect([method.statusCode, method.headers.allow, method.json()]).toMatchObject([405, "POST", { code: "E_METHOD" }]);
  });

  it.each([
    ["text/plain", 415, "E_BODY_TYPE"],
    ["application/x-www-form-urlencoded", 415, "E_BODY_TYPE"],
    ["image/gif", 415, "E_BODY_TYPE"],
    ["application/json", 400, "E_BODY_JSON"],
    ["multipart/form-data", 400, "E_BODY_MULTIPART"],
  ])("a body of %s", async (type, status, code) => {
    await start({ a: "a" }, () => stubEngine());
    const answer = await server.http.inject({ ...image, headers: { "content-type": type } });
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { code }]);
  });

  it("a compressed body, one without a type, one too large, and a deadline that is none", async () => {
    await start({ a: "a" }, () => stubEngine(), { settings: { maxBodyBytes: 100 } });
    const ask = async (more: object): Promise<unknown[]> => {
      const answer = await server.http.inject({ ...image, ...more });
      return [answer.statusCode, answer.json<{ code: string }>().code];
    };
    expect(await ask({ headers: { ...image.headers, "content-encoding": "gzip" } })).toEqual([415, "E_BODY_ENCODING"]);
    expect(await ask({ headers: {} })).toEqual([415, "E_BODY_TYPE"]);
    expect(await ask({ payload: Buffer.alloc(101) })).toEqual([413, "E_BODY_TOO_LARGE"]);
    expect(await ask({ headers: { ...image.headers, "x-deadline-ms": "soon" } })).toEqual([400, "E_DEADLINE_HEADER"]);
    expect(await ask({ headers: { ...image.headers, host: "evil.com" } })).toEqual([403, "E_HOST"]);
    expect(await ask({ headers: { ...image.headers, origin: "http://evil.com" } })).toEqual([403, "E_ORIGIN"]);
  });

  it("everything that works, once the server stops; what only looks goes on", async () => {
    await start({ a: "a" }, () => stubEngine());
    server.stopping = true;
    const asked = await server.http.inject(image);
    expect([asked.statusCode, asked.json(), asked.headers.connection]).toMatchObject([
      503,
      { code: "E_DRAINING" },
      "close",
    ]);
    expect((await server.http.inject({ url: "/healthz" })).statusCode).toBe(200);
    expect((await server.http.inject({ url: "/readyz" })).statusCode).toBe(503);
    expect((await server.http.inject({ url: "/v2/health/ready" })).json()).toEqual({ ready: false });
  });
});

describe("what fails inside", () => {
  it("is told with an id and without its text, which stands in the log", async () => {
    await start({ a: "a" }, () => stubEngine(() => Promise.reject(new Error("/secret/path.cc:12 boom"))));
    const answer = await server.http.inject(image);
    expect([answer.statusCode, answer.json()]).toMatchObject([500, { code: "E_INTERNAL" }]);
    expect(answer.body).not.toContain("boom");
    expect(server.log.join("")).toContain("boom");
  });

  it.each([
    [new HandfulError("data", "E_IMAGE_TRUNCATED", "cut off", { hint: "again" }), 422],
    [new HandfulError("data", "E_IMAGE_FORMAT", "a GIF"), 415],
    [new HandfulError("damaged", "E_MODEL_NAN", "not finite"), 500],
    [new HandfulError("internal", "E_ENGINE", "gone"), 503],
    [new HandfulError("interrupted", "E_DEADLINE", "late"), 504],
  ])("%s has its status", async (error, status) => {
    await start({ a: "a" }, () => stubEngine(() => Promise.reject(error)));
    const answer = await server.http.inject(image);
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { code: error.code, error: error.message }]);
    expect("retry-after" in answer.headers).toBe(status === 503);
  });

  it("a request past its deadline is answered 504 at the deadline", async () => {
    await start({ a: "a" }, () => stubEngine(() => new Promise(() => undefined)));
    const answer = await server.http.inject({ ...image, headers: { ...image.headers, "x-deadline-ms": "30" } });
    expect([answer.statusCode, answer.json()]).toMatchObject([504, { code: "E_DEADLINE" }]);
    expect(server.app.working).toBe(0);
  });

  it("a full queue is answered 429 with Retry-After, before the body is read", async () => {
    const gate = Promise.withResolvers<ReturnType<typeof stubAnswer>>();
    await start({ a: "a" }, () => stubEngine(() => gate.promise), { settings: { queue: 2 } });
    const open = [server.http.inject(image), server.http.inject(image)];
    await vi.waitFor(() => expect(server.parts.models.all[0]!.pending).toBe(2));
    const busy = await server.http.inject(image);
    expect([busy.statusCode, busy.headers["retry-after"], busy.json()]).toMatchObject([429, "1", { code: "E_BUSY" }]);
    gate.resolve(stubAnswer("red"));
    expect((await Promise.all(open)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  });
});

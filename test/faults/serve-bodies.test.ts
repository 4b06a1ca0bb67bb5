import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../src/serve/server.ts";
import { listeningServer } from "../fixtures/listening-server.ts";
import { postHead, sendRaw } from "../fixtures/raw-http.ts";
import { stubEngine } from "../fixtures/stub-engine.ts";

const LIMIT = 256 * 1024;
let server: Server;
let port: number;
beforeAll(async () => {
  server = await listeningServer(stubEngine, {
    maxBodyBytes: LIMIT,
    headersTimeoutMs: 800,
    requestTimeoutMs: 1500,
    deadlineMs: 1000,
  });
  port = Number(new URL(server.address).port);
});
afterAll(() => server.stop());

const png = { "content-type": "image/png" };
const json = { "content-type": "application/json" };
const body = (headers: Record<string, string | number>, bytes: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(postHead({ ...headers, "content-length": bytes.length })), Buffer.from(bytes)]);
const chunked = (chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from(postHead({ ...png, "transfer-encoding": "chunked" })),
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]),
    Buffer.from("0\r\n\r\n"),
  ]);
const parts = (n: number): Buffer =>
  Buffer.from(`${'--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n'.repeat(n)}--b--\r\n`);

describe("case 58: bodies that are not what they should be", () => {
  it.each<[string, () => Buffer | string, number, string]>([
    ["over the limit, declared", () => postHead({ ...png, "content-length": LIMIT + 1 }), 413, "E_BODY_TOO_LARGE"],
    ["over the limit, 4 TB declared", () => postHead({ ...png, "content-length": 4e12 }), 413, "E_BODY_TOO_LARGE"],
    [
      "over the limit, chunked",
      () => chunked(Array<Buffer>(40).fill(Buffer.alloc(16 * 1024))),
      413,
      "E_BODY_TOO_LARGE",
    ],
    [
      "a gzip bomb",
      () => body({ ...png, "content-encoding": "gzip" }, gzipSync(Buffer.alloc(1e7))),
      415,
      "E_BODY_ENCODING",
    ],
    ["a length that is no number", () => postHead({ ...png, "content-length": "many" }), 400, "E_HTTP"],
    [
      "two lengths",
      () => `${postHead({ ...png, "content-length": 3 }).slice(0, -2)}content-length: 4\r\n\r\nabc`,
      400,
      "E_HTTP",
    ],
    [
      "length and chunks",
      () => `${postHead({ ...png, "content-length": 3, "transfer-encoding": "chunked" })}3\r\nabc\r\n0\r\n\r\n`,
      400,
      "E_HTTP",
    ],
    ["a length longer than the body", () => `${postHead({ ...png, "content-length": 100 })}abc`, 408, "E_SLOW"],
    [
      "ten thousand parts",
      () => body({ "content-type": "multipart/form-data; boundary=b" }, parts(3000)),
      413,
      "E_BODY_PARTS",
    ],
    [
      "a megabyte of header",
      () => `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(1e6)}\r\n\r\n`,
      431,
      "E_HEADERS",
    ],
    [
      "a thousand headers",
      () => `GET /healthz HTTP/1.1\r\nhost: localhost\r\n${"x: y\r\n".repeat(20_000)}\r\n`,
      431,
      "E_HEADERS",
    ],
    ["JSON 200 deep", () => body(json, `${'{"a":'.repeat(200)}1${"}".repeat(200)}`), 400, "E_BODY_JSON"],
    ["JSON 100 000 deep", () => body(json, "[".repeat(100_000)), 400, "E_BODY_JSON"],
    ["base64 garbage", () => body(json, '{"image":"****"}'), 400, "E_BODY_BASE64"],
    ["a field twice", () => body(json, '{"image":"AQID","image":"AQIE"}'), 400, "E_BODY_JSON"],
    ["__proto__", () => body(json, '{"image":"AQID","__proto__":{"top":1}}'), 400, "E_BODY_JSON"],
    ["no HTTP at all", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "E_HTTP"],
    ["a half header, then silence", () => "POST /v1/classify HTTP/1.1\r\nhost: loc", 408, "E_SLOW"],
  ])("%s", async (_, bytes, status, code) => {
    const answer = await sendRaw(port, bytes());
    expect([answer?.status, answer?.code]).toEqual([status, code]);
  });

  it("bodies byte by byte in chunks cost their length, no more, and are answered", async () => {
    const chunks = Array.from({ length: 20_000 }, (_, i) => Buffer.from([i]));
    expect((await sendRaw(port, chunked(chunks)))?.status).toBe(200);
  });

  it("leaves memory flat and goes on answering", async () => {
    const attack = (): Promise<unknown> =>
      Promise.all([
        sendRaw(port, chunked(Array<Buffer>(40).fill(Buffer.alloc(16 * 1024)))),
        sendRaw(port, body({ "content-type": "multipart/form-data; boundary=b" }, parts(3000))),
        sendRaw(port, body(json, "[".repeat(200_000))),
        sendRaw(port, body(json, JSON.stringify({ image: "A".repeat(200_000) }))),
      ]);
    for (let i = 0; i < 20; i++) await attack();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 60; i++) await attack();
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
    expect((await sendRaw(port, body(png, "x")))?.status).toBe(200);
  });
});

import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { HubSettings } from "../../src/hub/settings.ts";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const REPO = "owner/name";
export const PATH = "onnx/model.onnx";

/** Bytes that no two offsets share, so that a wrongly joined half is seen. */
export const content = (size: number): Buffer => {
  const data = Buffer.alloc(size);
  for (let i = 0; i + 4 <= size; i += 4) data.writeUInt32LE(i, i);
  return data;
};

export const sha256Of = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers a request itself (true), or leaves it to the well-behaved hub (false). */
export type Interfere = (asked: Asked, response: ServerResponse, count: number) => boolean;

export interface Hub {
  readonly endpoint: string;
  /** Every request so far, in order. */
  readonly asked: Asked[];
  /** Sends a part of the content, by the range asked for. */
  serve(asked: Asked, response: ServerResponse, options?: { cutAfter?: number; ignoreRange?: boolean }): void;
}

const listen = async (handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = createServer(handler);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A hub on this machine that has one file, sends large-file headers as the real one does, and can be made to misbehave. */
export const startHub = async (data: Buffer, interfere: Interfere = () => false): Promise<Hub> => {
  const asked: Asked[] = [];
  const etag = sha256Of(data);
  const serve: Hub["serve"] = ({ range, method }, response, { cutAfter, ignoreRange = false } = {}) => {
    const from = ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const headers = {
      "content-length": data.length - from,
      "x-repo-commit": COMMIT,
      "x-linked-etag": `"${etag}"`,
      "x-linked-size": data.length,
      ...(from > 0 && { "content-range": `bytes ${from}-${data.length - 1}/${data.length}` }),
    };
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (method === "HEAD") response.end();
    else if (cutAfter === undefined) response.end(data.subarray(from));
    else response.write(data.subarray(from, from + cutAfter), () => setTimeout(() => response.destroy(), 20));
  };
  const endpoint = await listen((request, response) => {
    const one: Asked = {
      method: request.method!,
      url: request.url!,
      range: request.headers.range,
      authorization: request.headers.authorization,
    };
    asked.push(one);
    if (interfere(one, response, asked.filter((a) => a.method === one.method).length)) return;
    const known = [COMMIT, "main"].map((revision) => `/${REPO}/resolve/${revision}/${PATH}`);
    if (known.includes(one.url)) serve(one, response);
    else response.writeHead(404, { "x-error-code": "EntryNotFound", "x-error-message": "Entry not found" }).end();
  });
  return { endpoint, asked, serve };
};

/** Settings for an endpoint with an empty cache of its own. */
export const emptyCache = async (endpoint: string, more: Partial<HubSettings> = {}): Promise<HubSettings> => {
  const cacheDir = await mkdtemp(join(tmpdir(), "handful-hub-"));
  onTestFinished(() => rm(cacheDir, { recursive: true, force: true }));
  return { endpoint, cacheDir, token: null, offline: false, ...more };
};

import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Server } from "../../src/serve/server.ts";
import { listeningServer } from "../fixtures/listening-server.ts";
import { postHead, sendRaw, type RawAnswer } from "../fixtures/raw-http.ts";
import { stubEngine } from "../fixtures/stub-engine.ts";

let server: Server;
let port: number;
beforeAll(async () => {
  server = await listeningServer(stubEngine, {
    headersTimeoutMs: 600,
    requestTimeoutMs: 3000,
    deadlineMs: 1000,
    idleTimeoutMs: 2000,
  });
  port = Number(new URL(server.address).port);
});
afterAll(() => server.stop());

/** Writes a text letter by letter, as long as the other side listens. */
const trickle =
  (head: string, rest: string) =>
  (socket: Socket): void => {
    socket.write(head);
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || at >= rest.length) return clearInterval(timer);
      socket.write(rest[at++]!);
    }, 50);
    socket.on("close", () => clearInterval(timer));
  };

const SLOW = 100;
const READERS = 20;
const crowd = (send: (socket: Socket) => void): Promise<(RawAnswer | null)[]> =>
  Promise.all(Array.from({ length: SLOW }, () => sendRaw(port, send)));
/** Good requests, one after the other, while something goes on. */
const probe = async (meanwhile: Promise<unknown>): Promise<number[]> => {
  const statuses: number[] = [];
  let over = false;
  void meanwhile.then(() => (over = true));
  while (!over) {
    const headers = { "content-type": "image/png" };
    const { status } = await fetch(`http://127.0.0.1:${port}/v1/classify`, { method: "POST", body: "x", headers });
    statuses.push(status);
    await new Promise((done) => setTimeout(done, 20));
  }
  return statuses;
};

describe("case 59: clients that are slow on purpose", () => {
  it.each([
    ["headers letter by letter", trickle("POST /v1/classify HTTP/1.1\r\nhost: localhost\r\n", "x: y\r\n".repeat(1000))],
    [
      "a body letter by letter",
      trickle(postHead({ "content-type": "image/png", "content-length": 1000 }), "y".repeat(1000)),
    ],
  ])("%s: cut off with 408, and nobody else notices", async (_, send) => {
    const slow = crowd(send);
    const statuses = await probe(slow);
    expect(new Set((await slow).map((answer) => `${answer?.status} ${answer?.code}`))).toEqual(new Set(["408 E_SLOW"]));
    expect(statuses.length).toBeGreaterThan(3);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it("readers that never read: a connection each, closed when it stands still for too long", async () => {
    const readers = Array.from({ length: READERS }, () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write("GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(150));
      return socket; // nothing takes its data
    });
    const connections = (): Promise<number> =>
      new Promise((done) => server.app.http.server.getConnections((_, n) => done(n)));
    await vi.waitFor(async () => expect(await connections()).toBeGreaterThanOrEqual(READERS), 10_000);
    const gone = vi.waitFor(async () => expect(await connections()).toBeLessThan(READERS / 4), {
      timeout: 30_000,
      interval: 100,
    });
    expect(new Set(await probe(gone))).toEqual(new Set([200]));
    for (const socket of readers) socket.destroy();
  });
});

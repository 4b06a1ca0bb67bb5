import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { commandLine } from "../fixtures/command-line.ts";
import { childrenOf, openFiles, residentBytes, serveProcess, type ServerProcess } from "../fixtures/server-process.ts";
import { tinyModel } from "../fixtures/tiny-model.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-serve-"));
const run = commandLine(folder);
let image: Buffer;
beforeAll(async () => {
  mkdirSync(join(folder, "models"));
  writeFileSync(join(folder, "tiny.onnx"), await tinyModel());
  writeFileSync(join(folder, "models", "swapped.onnx"), await tinyModel({ labels: ["azul", "rojo"] }));
  copyFileSync(join(folder, "tiny.onnx"), join(folder, "models", "first.onnx"));
  writeFileSync(join(folder, "models", "bad.onnx"), "no model");
  writeFileSync(
    join(folder, "keys.txt"),
    `${createHash("sha256").update("boss").digest("hex")} scopes=classify,admin,metrics\n`,
  );
  image = await sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 20, g: 20, b: 240 } } })
    .png()
    .toBuffer();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Asked {
  readonly status: number;
  readonly text: string;
}
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
/** A request; status 0 where the connection failed. */
const ask = (
  address: string,
  path: string,
  body: Buffer | string | null = null,
  headers: Record<string, string> = {},
): Promise<Asked> =>
  new Promise((done) => {
    const method = body === null ? "GET" : "POST";
    const asked = request(`${address}${path}`, { method, agent, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => done({ status: answer.statusCode!, text }));
      answer.on("error", () => done({ status: 0, text: "" }));
    });
    asked.on("error", (error: NodeJS.ErrnoException) => done({ status: 0, text: error.code ?? "" }));
    asked.end(body ?? undefined);
  });
const classify = (address: string, body: Buffer = image, headers: Record<string, string> = {}): Promise<Asked> =>
  ask(address, "/v1/classify", body, { "content-type": "image/png", ...headers });
const stop = async (server: ServerProcess): Promise<number | null> => {
  server.child.kill("SIGTERM");
  return server.ended;
};

describe("case 63: told to stop", () => {
  it("under load: not ready at once, every accepted request answered, exit 0, and no process left", async () => {
    const server = serveProcess(folder, ["tiny.onnx", "--port", "0", "--quiet"]);
    const { address } = await server.serving;
    const engines = childrenOf(server.pid);
    const answers: Asked[] = [];
    let over = false;
    const client = async (): Promise<void> => {
      while (!over) answers.push(await classify(address));
    };
    const clients = Array.from({ length: 16 }, client);
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(100), 20_000);
    expect(await stop(server)).toBe(0);
    over = true;
    await Promise.all(clients);
    const statuses = new Set(answers.map(({ status, text }) => `${status} ${status === 0 ? text : ""}`.trim()));
    // 0: not accepted any more
    for (const status of statuses) expect(["200", "503", "0 ECONNREFUSED", "0 ECONNRESET"]).toContain(status);
    const cut = answers.filter(({ text }) => text === "ECONNRESET");
    expect(cut.length).toBeLessThanOrEqual(16); // idle connections closed as a request was sent
    for (const pid of engines) await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), 5000);
  });

  it("twice: at once; while loading: without waiting for the model", async () => {
    const server = serveProcess(folder, ["tiny.onnx", "--port", "0", "--quiet", "--drain-delay", "60"]);
    const { address } = await server.serving;
    server.child.kill("SIGTERM");
    await vi.waitFor(async () => expect((await ask(address, "/readyz")).status).toBe(503), 5000);
    expect((await ask(address, "/healthz")).status).toBe(200);
    expect((await classify(address)).status).toBe(200); // in the delay it still answers
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(143);
    const loading = serveProcess(folder, ["tiny.onnx", "--port", "0"]);
    await vi.waitFor(() => expect(loading.log()).toContain("listening"), 20_000);
    expect(await stop(loading)).toBe(0);
  });
});

describe("case 64: an engine that dies", () => {
  it("is restarted; meanwhile the server is alive, not ready, and answers 503", async () => {
    const server = serveProcess(folder, ["tiny.onnx", "--port", "0"]);
    const { address } = await server.serving;
    for (const signal of ["SIGKILL", "SIGSEGV"] as const) {
      const [engine] = childrenOf(server.pid);
      process.kill(engine!, signal);
      await vi.waitFor(async () => expect((await ask(address, "/readyz")).status).toBe(503), {
        timeout: 5000,
        interval: 5,
      });
      expect((await ask(address, "/healthz")).status).toBe(200);
      const refused = await classify(address);
      if (refused.status !== 200)
        expect([refused.status, refused.text]).toEqual([503, expect.stringContaining("E_MODEL_NOT_READY")]);
      await vi.waitFor(async () => expect((await ask(address, "/readyz")).status).toBe(200), 30_000);
      expect((await classify(address)).status).toBe(200);
    }
    expect((await ask(address, "/metrics")).text).toContain('handful_engine_restarts_total{model="tiny"} 2');
    expect(await stop(server)).toBe(0);
  });
});

describe("case 65: models swapped under load", () => {
  it("loses no request; a bad new version leaves the one before", async () => {
    const args = [
      "a=models/first.onnx",
      "--port",
      "0",
      "--quiet",
      "--models-folder",
      "models",
      "--api-key-file",
      "keys.txt",
    ];
    const server = serveProcess(folder, args);
    const { address } = await server.serving;
    const key = { authorization: "Bearer boss" };
    const labels: string[] = [];
    let over = false;
    const client = async (): Promise<void> => {
      while (!over) {
        const { status, text } = await classify(address, image, key);
        labels.push(
          status === 200
            ? (JSON.parse(text) as { predictions: [{ label: string }] }).predictions[0].label
            : `${status}`,
        );
      }
    };
    const clients = Array.from({ length: 8 }, client);
    const load = (file: string): Promise<Asked> =>
      ask(address, "/v1/models/load", JSON.stringify({ name: "a", file }), {
        ...key,
        "content-type": "application/json",
      });
    const statuses: number[] = [];
    for (const file of ["swapped.onnx", "bad.onnx", "first.onnx", "bad.onnx", "swapped.onnx"])
      statuses.push((await load(file)).status);
    over = true;
    await Promise.all(clients);
    expect(statuses).toEqual([200, 422, 200, 422, 200]);
    expect([...new Set(labels)].sort()).toEqual(["azul", "blue"]);
    expect((await classify(address, image, key)).text).toContain('"label":"azul"');
    expect((await classify(address)).status).toBe(401);
    expect(await stop(server)).toBe(0);
  });
});

describe("case 66: many requests, good and bad", () => {
  it("leave memory and open files as they were after the first of them", { timeout: 180_000 }, async () => {
    const server = serveProcess(folder, ["tiny.onnx", "--port", "0", "--quiet"]);
    const { address } = await server.serving;
    const bodies = [image, image.subarray(0, 50), Buffer.from("<html>"), Buffer.alloc(0), image];
    const batch = async (n: number): Promise<void> => {
      let next = 0;
      const client = async (): Promise<void> => {
        while (next < n) {
          const { status } = await classify(address, bodies[next++ % bodies.length]);
          if (![200, 415, 422].includes(status)) throw new Error(`status ${status}`);
        }
      };
      await Promise.all(Array.from({ length: 16 }, client));
    };
    await batch(20_000); // the heap of V8 grows until about here, and stays
    const pids = [server.pid, ...childrenOf(server.pid)];
    const before = pids.map((pid) => ({ bytes: residentBytes(pid), files: openFiles(pid) }));
    await batch(6000);
    for (const [i, pid] of pids.entries()) {
      expect(residentBytes(pid) - before[i]!.bytes).toBeLessThan(32 * 2 ** 20);
      expect(openFiles(pid)).toBeLessThanOrEqual(before[i]!.files + 2);
    }
    expect(await stop(server)).toBe(0);
  });
});

describe("case 68: the place to listen", () => {
  it("says what is wrong, and ends with 8, when a port is taken or an address not ours", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address() as AddressInfo;
    const taken = run(["serve", "tiny.onnx", "--port", String(port)]);
    expect([taken.code, taken.err]).toEqual([8, expect.stringContaining(`127.0.0.1 port ${port} is in use already`)]);
    other.close();
    const foreign = run(["serve", "tiny.onnx", "--host", "192.0.2.1", "--insecure", "--port", "0"]);
    expect([foreign.code, foreign.err]).toEqual([8, expect.stringContaining("is no address of this machine")]);
  });

  it("refuses others without keys, bad models and bad keys, before it serves", () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
      const { code, err } = run(["serve", "tiny.onnx", "--host", host, "--port", "0"]);
      expect([code, err]).toEqual([2, expect.stringContaining("--insecure")]);
    }
    expect(run(["serve", "models/bad.onnx", "--port", "0", "--quiet"])).toMatchObject({ code: 4 });
    expect(run(["serve", "none.onnx", "--port", "0", "--quiet"])).toMatchObject({ code: 6 });
    expect(run(["serve", "tiny.onnx", "models/../tiny.onnx", "--port", "0"])).toMatchObject({ code: 2 });
    writeFileSync(join(folder, "plain.txt"), "my-secret\n");
    const keys = run(["serve", "tiny.onnx", "--port", "0", "--api-key-file", "plain.txt"]);
    expect([keys.code, keys.err.includes("my-secret")]).toEqual([2, false]);
  });

  it("listens on IPv6 and on a socket of the file system", async () => {
    const six = serveProcess(folder, ["tiny.onnx", "--host", "::1", "--port", "0", "--quiet"]);
    const socket = serveProcess(folder, ["tiny.onnx", "--socket", "s.sock", "--quiet"]);
    expect((await ask((await six.serving).address, "/readyz")).status).toBe(200);
    const { address } = await socket.serving;
    const status = await new Promise((done) =>
      request({ socketPath: address, path: "/readyz", headers: { host: "localhost" } }, (answer) =>
        done(answer.statusCode),
      ).end(),
    );
    expect(status).toBe(200);
    expect(await Promise.all([stop(six), stop(socket)])).toEqual([0, 0]);
  });
});

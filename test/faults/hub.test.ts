import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { HandfulError } from "../../src/base/errors.ts";
import { placeSnapshot } from "../../src/hub/cache.ts";
import { downloadFile, type DownloadOptions } from "../../src/hub/download.ts";
import type { HubSettings } from "../../src/hub/settings.ts";
import { COMMIT, content, emptyCache, PATH, REPO, sha256Of, startHub, type Hub } from "./hub-server.ts";

const data = content(3_000_000);
const sha256 = sha256Of(data);
const third = Math.round(data.length * 0.3);

const get = (settings: HubSettings, more: Partial<DownloadOptions> = {}) =>
  downloadFile({ repo: REPO, revision: COMMIT, path: PATH, settings, waitsMs: [1, 1, 1, 1], stallMs: 5000, ...more });

const failure = async (promise: Promise<unknown>): Promise<HandfulError> => {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(HandfulError);
  const error = thrown as HandfulError;
  expect(error.message).not.toContain("\n");
  return error;
};

const blobs = (settings: HubSettings): Promise<string[]> =>
  readdir(join(settings.cacheDir, "models--owner--name/blobs"));
const isWhole = async (path: string): Promise<boolean> => (await readFile(path)).equals(data);
const gets = (hub: Hub) => hub.asked.filter(({ method }) => method === "GET");

/** A port on which nobody listens. */
const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

describe("the cache", () => {
  it("is laid out as huggingface_hub lays it out, and asks nobody the second time", async () => {
    const hub = await startHub(data);
    const settings = await emptyCache(hub.endpoint);
    const progress: number[] = [];
    const first = await get(settings, {
      sha256,
      sizeBytes: data.length,
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(first).toEqual({
      path: join(settings.cacheDir, `models--owner--name/snapshots/${COMMIT}/${PATH}`),
      sha256,
      fromCache: false,
    });
    expect(await isWhole(first.path)).toBe(true);
    expect(await readlink(first.path)).toBe(`../../../blobs/${sha256}`);
    expect(await blobs(settings)).toEqual([sha256]);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const requests = hub.asked.length;
    expect(await get(settings)).toEqual({ ...first, fromCache: true });
    expect(hub.asked).toHaveLength(requests);
  });

  it("finds what Python put there, also by the name of a branch, offline", async () => {
    const settings = await emptyCache("http://127.0.0.1:9", { offline: true });
    const root = join(settings.cacheDir, "models--owner--name");
    const place = join(root, "snapshots", COMMIT, PATH);
    for (const folder of ["blobs", "refs", dirname(`snapshots/${COMMIT}/${PATH}`)])
      await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, "blobs", sha256), data);
    await writeFile(join(root, "refs/main"), COMMIT);
    await symlink(`../../../blobs/${sha256}`, place);
    expect(await get(settings, { revision: "main" })).toEqual({ path: place, sha256, fromCache: true });
  });

  it("notes where a branch stands, and serves it when the hub is gone", async () => {
    const hub = await startHub(data);
    const settings = await emptyCache(hub.endpoint);
    await get(settings, { revision: "main" });
    expect(await readFile(join(settings.cacheDir, "models--owner--name/refs/main"), "utf8")).toBe(COMMIT);
    const gone = { ...settings, endpoint: `http://127.0.0.1:${await closedPort()}` };
    expect((await get(gone, { revision: "main" })).fromCache).toBe(true);
  });

  it("fetches a damaged copy anew, and offline says that it is damaged", async () => {
    const hub = await startHub(data);
    const settings = await emptyCache(hub.endpoint);
    const { path } = await get(settings);
    await writeFile(path, "rot");
    const error = await failure(get({ ...settings, offline: true }));
    expect([error.kind, error.code]).toEqual(["damaged", "E_HUB_DAMAGED"]);
    expect((await get(settings)).fromCache).toBe(false);
    expect(await isWhole(path)).toBe(true);
  });

  it("copies where links cannot be made", async () => {
    const settings = await emptyCache("http://127.0.0.1:9");
    const blob = join(settings.cacheDir, "blob");
    const place = join(settings.cacheDir, "snapshots/a/model.onnx");
    await writeFile(blob, data);
    await placeSnapshot(place, blob, () =>
      Promise.reject(Object.assign(new Error("not permitted"), { code: "EPERM" })),
    );
    expect((await stat(place)).isFile()).toBe(true);
    await expect(readlink(place)).rejects.toThrow("EINVAL");
    expect(await isWhole(place)).toBe(true);
    expect(await readdir(dirname(place))).toEqual(["model.onnx"]);
  });

  it.each(["../../etc", "a/../../b", "a\\b", "a--b/c", ""])("refuses the repository name %j", async (repo) => {
    const error = await failure(get(await emptyCache("http://127.0.0.1:9"), { repo }));
    expect(error.kind).toBe("usage");
  });

  it.each(["../x", "/etc/passwd", "a//b", "c:\\x"])("refuses the path %j", async (path) => {
    expect((await failure(get(await emptyCache("http://127.0.0.1:9"), { path }))).kind).toBe("usage");
  });

  it("never takes a name for a file from a hostile header", async () => {
    const hub = await startHub(data, (_asked, response) => {
      response
        .writeHead(200, { "x-repo-commit": COMMIT, "x-linked-etag": '"../../../evil"', "x-linked-size": "3" })
        .end("abc");
      return true;
    });
    expect((await failure(get(await emptyCache(hub.endpoint)))).code).toBe("E_HUB_ANSWER");
  });
});

describe("fault 38: a download that goes wrong", () => {
  it("is resumed by Range when the server closes at 30 %", async () => {
    const hub = await startHub(data, (asked, response, count) => {
      if (asked.method !== "GET" || count > 1) return false;
      hub.serve(asked, response, { cutAfter: third });
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(gets(hub).map(({ range }) => range)).toEqual([undefined, `bytes=${third}-`]);
    expect(await blobs(settings)).toEqual([sha256]);
  });

  it("ends with one line when it is cut every time, keeps the part, and goes on later", async () => {
    let broken = true;
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET" || !broken) return false;
      hub.serve(asked, response, { cutAfter: 1000 });
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    const error = await failure(get(settings));
    expect([error.kind, error.code]).toEqual(["missing", "E_HUB_CUT"]);
    expect(error.message).toContain("after 5 tries");
    expect(await readdir(join(settings.cacheDir, "models--owner--name"))).toEqual(["blobs"]);
    expect(await blobs(settings)).toHaveLength(1);
    broken = false;
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(gets(hub).at(-1)?.range).toBe("bytes=5000-");
    expect(await blobs(settings)).toEqual([sha256]);
  });

  it("begins anew where the server knows no Range", async () => {
    const hub = await startHub(data, (asked, response, count) => {
      if (asked.method !== "GET") return false;
      hub.serve(asked, response, { ignoreRange: true, ...(count === 1 && { cutAfter: third }) });
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(gets(hub).map(({ range }) => range)).toEqual([undefined, `bytes=${third}-`, undefined]);
  });

  it("begins anew where the part left behind is damaged", async () => {
    const hub = await startHub(data);
    const settings = await emptyCache(hub.endpoint);
    const folder = join(settings.cacheDir, "models--owner--name/blobs");
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, `${sha256}.parked-${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}.incomplete`),
      "rotten part",
    );
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(gets(hub).map(({ range }) => range)).toEqual(["bytes=11-", undefined]);
    expect(await blobs(settings)).toEqual([sha256]);
  });

  it("is refused when the contents have the wrong hash, and nothing stays", async () => {
    const wrong = Buffer.from(data);
    wrong[1_500_000]! ^= 1;
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET") return false;
      response.writeHead(200, { "content-length": wrong.length }).end(wrong);
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    const error = await failure(get(settings));
    expect([error.kind, error.code]).toEqual(["damaged", "E_HUB_HASH"]);
    expect(error.message).toContain(`wanted SHA-256 ${sha256}, got ${sha256Of(wrong)}`);
    expect(await blobs(settings)).toEqual([]);
    expect(gets(hub)).toHaveLength(1);
  });

  it("is not begun when the hub states another hash or size than the pinned one", async () => {
    const hub = await startHub(data);
    const settings = await emptyCache(hub.endpoint);
    expect((await failure(get(settings, { sha256: "a".repeat(64) }))).code).toBe("E_HUB_HASH");
    expect((await failure(get(settings, { sizeBytes: 7 }))).message).toContain(
      "wanted size in bytes 7, the hub now states 3000000",
    );
    expect(gets(hub)).toEqual([]);
  });

  it.each(["HEAD", "GET"])("tells a web page from a file (%s)", async (method) => {
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== method) return false;
      response
        .writeHead(200, { "content-type": "text/html; charset=utf-8" })
        .end("<!DOCTYPE html><title>Sign in</title>");
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    const error = await failure(get(settings));
    expect([error.kind, error.code]).toEqual(["missing", "E_HUB_WEB_PAGE"]);
    expect(error.message).toContain("a web page instead of the file");
  });

  it("tells a web page that calls itself a file", async () => {
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET") return false;
      response
        .writeHead(200, { "content-type": "application/octet-stream" })
        .end("\n<html><body>blocked</body></html>");
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    expect((await failure(get(settings))).code).toBe("E_HUB_WEB_PAGE");
    expect(await blobs(settings)).toEqual([]);
  });

  it("follows redirects, and sends the token to the hub alone", async () => {
    const storage = await startHub(data, (asked, response) => {
      storage.serve(asked, response);
      return true;
    });
    const hub = await startHub(data, (_asked, response) => {
      response
        .writeHead(302, {
          location: `${storage.endpoint}/blob?sig=1`,
          "x-repo-commit": COMMIT,
          "x-linked-etag": `"${sha256}"`,
          "x-linked-size": data.length,
        })
        .end();
      return true;
    });
    const settings = await emptyCache(hub.endpoint, { token: "hf_secret" });
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(hub.asked.map(({ authorization }) => authorization)).toEqual(["Bearer hf_secret", "Bearer hf_secret"]);
    expect(storage.asked.map(({ method, authorization }) => [method, authorization])).toEqual([["GET", undefined]]);
  });

  it.each([
    ["a circle", (url: string) => (url.endsWith("/a") ? "/b" : "/a")],
    ["a chain without end", (url: string) => `${url}x`],
  ])("ends redirects that go in %s", async (_name, next) => {
    const hub = await startHub(data, (asked, response) => {
      response.writeHead(302, { location: next(asked.url) }).end();
      return true;
    });
    const error = await failure(get(await emptyCache(hub.endpoint)));
    expect([error.kind, error.code]).toEqual(["missing", "E_HUB_REDIRECTS"]);
    expect(hub.asked.length).toBeLessThan(12);
  });

  it("never follows a redirect out of http", async () => {
    const hub = await startHub(data, (_asked, response) => {
      response.writeHead(302, { location: "file:///etc/passwd" }).end();
      return true;
    });
    expect((await failure(get(await emptyCache(hub.endpoint)))).code).toBe("E_HUB_REDIRECTS");
  });

  it("waits as long as a 429 asks, and no longer than is bearable", async () => {
    const asksFor = (seconds: string) =>
      startHub(data, (asked, response, count) => {
        if (asked.method !== "HEAD" || count > 1) return false;
        response.writeHead(429, { "retry-after": seconds }).end();
        return true;
      });
    const patient = await asksFor("0.3");
    const before = performance.now();
    await get(await emptyCache(patient.endpoint));
    expect(performance.now() - before).toBeGreaterThan(295);
    const strict = await asksFor("86400");
    const error = await failure(get(await emptyCache(strict.endpoint)));
    expect([error.kind, error.code]).toEqual(["missing", "E_HUB_BUSY"]);
    expect(error.message).toContain("asks to come back in 86400 s");
  });

  it("tries again after a 503, a bounded number of times", async () => {
    let answers = 0;
    const hub = await startHub(data, (_asked, response) => {
      response.writeHead(503).end();
      return ++answers > 0;
    });
    expect((await failure(get(await emptyCache(hub.endpoint)))).code).toBe("E_HUB_BUSY");
    expect(answers).toBe(5);
  });

  it.each([
    [404, "E_HUB_NOT_FOUND"],
    [401, "E_HUB_DENIED"],
    [403, "E_HUB_DENIED"],
    [400, "E_HUB_ANSWER"],
  ])("does not try again after a %i", async (status, code) => {
    const hub = await startHub(data, (_asked, response) => {
      response.writeHead(status).end();
      return true;
    });
    const error = await failure(get(await emptyCache(hub.endpoint)));
    expect([error.kind, error.code]).toEqual(["missing", code]);
    expect(hub.asked).toHaveLength(1);
  });

  it("gives up a connection that falls silent", async () => {
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET") return false;
      response.writeHead(200, { "content-length": data.length }).write(data.subarray(0, 1000));
      return true;
    });
    const error = await failure(get(await emptyCache(hub.endpoint), { stallMs: 100, waitsMs: [] }));
    expect([error.code, error.message]).toEqual(["E_HUB_CUT", expect.stringContaining("sent nothing for 0.1 s")]);
  });

  it("stops where the server sends more than it stated", async () => {
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET") return false;
      response.writeHead(200);
      response.end(Buffer.concat([data, data]));
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    expect((await failure(get(settings))).code).toBe("E_HUB_ANSWER");
    expect(await blobs(settings)).toEqual([]);
  });

  it("stops when it is aborted, and keeps the part", async () => {
    const controller = new AbortController();
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET" || asked.range) return false;
      response.writeHead(200, { "content-length": data.length }).write(data.subarray(0, third));
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    const promise = get(settings, {
      signal: controller.signal,
      onProgress: (done) => done >= third && controller.abort(),
    });
    await expect(promise).rejects.toMatchObject({ name: "AbortError" });
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(gets(hub).at(-1)?.range).toBe(`bytes=${third}-`);
  });
});

const child = (settings: HubSettings) =>
  spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `import { downloadFile } from ${JSON.stringify(resolve(import.meta.dirname, "../../src/hub/download.ts"))};
     const got = await downloadFile({ repo: ${JSON.stringify(REPO)}, revision: ${JSON.stringify(COMMIT)}, path: ${JSON.stringify(PATH)}, settings: ${JSON.stringify(settings)}, waitsMs: [1] });
     console.log(JSON.stringify(got));`,
  ]);

describe("fault 38: processes", () => {
  it("goes on after kill -9 in the middle, and never shows half a file", async () => {
    let slow = true;
    const hub = await startHub(data, (asked, response) => {
      if (asked.method !== "GET" || !slow) return false;
      response.writeHead(200, { "content-length": data.length }).write(data.subarray(0, third));
      return true;
    });
    const settings = await emptyCache(hub.endpoint);
    const killed = child(settings);
    const half = async (): Promise<boolean> => {
      const names = await blobs(settings).catch(() => []);
      const sizes = await Promise.all(
        names.map((name) => stat(join(settings.cacheDir, "models--owner--name/blobs", name))),
      );
      return sizes.some(({ size }) => size === third);
    };
    await expect.poll(half, { timeout: 30_000 }).toBe(true);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect((await failure(get({ ...settings, offline: true }))).code).toBe("E_HUB_OFFLINE");
    slow = false;
    expect(await isWhole((await get(settings)).path)).toBe(true);
    expect(gets(hub).map(({ range }) => range)).toEqual([undefined, `bytes=${third}-`]);
    expect(await blobs(settings)).toEqual([sha256]);
  });

  it("lets several download the same file at once", async () => {
    const hub = await startHub(data);
    const settings = await emptyCache(hub.endpoint);
    const children = [child(settings), child(settings)];
    const here = Array.from({ length: 3 }, () => get(settings));
    const exits = await Promise.all(children.map(async (one) => (await once(one, "exit"))[0] as number));
    expect(exits).toEqual([0, 0]);
    for (const { path } of await Promise.all(here)) expect(await isWhole(path)).toBe(true);
    expect(await blobs(settings)).toEqual([sha256]);
  });
});

describe("fault 39: no network and nothing in the cache", () => {
  it("says in one line what is wanted, why not, and what to do, without waiting", async () => {
    const port = await closedPort();
    const before = performance.now();
    const error = await failure(
      get(await emptyCache(`http://127.0.0.1:${port}`), {
        waitsMs: [60_000],
        wanted: "backbone x",
        hint: "Put it there.",
      }),
    );
    expect([error.kind, error.code, error.hint]).toEqual(["missing", "E_HUB_NO_NETWORK", "Put it there."]);
    expect(error.message).toBe(
      `cannot download backbone x: no network: 127.0.0.1:${port} cannot be reached (ECONNREFUSED)`,
    );
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it("does not try again where an address can never be asked", async () => {
    const error = await failure(get(await emptyCache("http://127.0.0.1:9"), { waitsMs: [60_000] }));
    expect([error.code, error.message]).toEqual([
      "E_HUB_ANSWER",
      expect.stringContaining("cannot be asked (bad port)"),
    ]);
  });

  it("asks nobody when it is told to stay offline", async () => {
    const hub = await startHub(data);
    const error = await failure(get(await emptyCache(hub.endpoint, { offline: true })));
    expect([error.kind, error.code]).toEqual(["missing", "E_HUB_OFFLINE"]);
    expect(error.hint).toContain(`${hub.endpoint}/${REPO}/resolve/${COMMIT}/${PATH}`);
    expect(hub.asked).toEqual([]);
  });
});

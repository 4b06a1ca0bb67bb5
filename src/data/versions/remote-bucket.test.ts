import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { checkoutAt, commitAt, contentOf, lockAt, put, storeWith } from "../../../test/fixtures/versions.ts";
import { checkStore } from "./check-store.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";
import { openRemote } from "./open-remote.ts";
import type { Remote } from "./remote.ts";

// s3rver is an S3-compatible test server, not AWS: it knows neither conditional writes nor checksums of its own.

const directory = mkdtempSync(join(tmpdir(), "handful-bucket-"));
const server = new S3rver({
  port: 0,
  address: "127.0.0.1",
  silent: true,
  directory,
  configureBuckets: [{ name: "photos" }],
});
let endpoint = "";
const before = { ...process.env };
beforeAll(async () => {
  endpoint = `http://127.0.0.1:${(await server.run()).port}`;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" });
});
afterAll(async () => {
  await server.close();
  process.env = before;
  rmSync(directory, { recursive: true, force: true });
});

const open = (prefix: string): Promise<Remote> => openRemote({ where: `s3://photos/${prefix}`, endpoint });

it("lists, reads, reads parts of, and writes files", async () => {
  const remote = await open("plain");
  expect(await remote.list("packs")).toEqual([]);
  expect(await remote.read("packs/a")).toBeNull();
  await remote.write("packs/a", Buffer.from("some bytes"));
  expect(await remote.list("packs")).toEqual([{ name: "a", sizeBytes: 10 }]);
  expect((await remote.read("packs/a"))?.toString()).toBe("some bytes");
  expect((await remote.read("packs/a", { offset: 5, length: 5 }))?.toString()).toBe("bytes");
  expect(await remote.read("packs/a", { offset: 0, length: 0 })).toEqual(Buffer.alloc(0));
  remote.close();
});

it("swaps only what it expects", async () => {
  const remote = await open("swap");
  const [a, b] = [Buffer.from("a"), Buffer.from("b")];
  expect(await remote.swap("refs", a, b)).toBe(false);
  expect(await remote.swap("refs", null, a)).toBe(true);
  expect(await remote.swap("refs", null, b)).toBe(false);
  expect(await remote.swap("refs", b, a)).toBe(false);
  expect(await remote.swap("refs", a, b)).toBe(true);
  expect(await remote.read("refs")).toEqual(b);
  remote.close();
});

it("carries versions from one folder to another", async () => {
  const [ours, theirs] = [storeWith({ "a/1.jpg": "one", "b/1.jpg": "two" }), storeWith({})];
  const remote = await open("set");
  await commitAt(ours, 0);
  put(ours.root, { "b/2.jpg": "three" });
  await commitAt(ours, 1);
  expect(await push(ours, remote, { lock: lockAt(2) })).toMatchObject({ packs: 1 });
  expect(await push(ours, remote, { lock: lockAt(2) })).toMatchObject({ objects: 0, sentBytes: 0 });
  expect(await pull(theirs, remote, { lock: lockAt(2), repair: false })).toMatchObject({ objects: 9, moved: true });
  await checkoutAt(theirs, 3, "main");
  expect(contentOf(theirs.root)).toEqual(contentOf(ours.root));
  expect((await checkStore(theirs, { readData: true })).faults).toEqual([]);
  remote.close();
});

it("does not take damaged bytes", async () => {
  const remote = await open("damaged");
  const ours = storeWith({ "a/1.jpg": "one" });
  await commitAt(ours, 0);
  await push(ours, remote, { lock: lockAt(2) });
  const folder = join(directory, "photos/damaged/packs");
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith("_object"))!,
  );
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes[17]! ^ 1, 17);
  writeFileSync(file, bytes);
  const pulled = pull(storeWith({}), remote, { lock: lockAt(2), repair: false });
  await expect(pulled).rejects.toMatchObject({ code: "E_REMOTE_DAMAGED" });
  remote.close();
});

it("says what is wrong with a place", async () => {
  await expect(openRemote({ where: "s3://NO/x", endpoint })).rejects.toThrow("wanted s3://bucket");
  const missing = await openRemote({ where: "s3://nothing-here", endpoint });
  await expect(missing.list("packs")).rejects.toMatchObject({ code: "E_REMOTE", kind: "missing" });
  missing.close();
  const nobody = await openRemote({ where: "s3://photos", endpoint: "http://127.0.0.1:9" });
  await expect(nobody.read("refs")).rejects.toMatchObject({ code: "E_REMOTE" });
  nobody.close();
});

/** A server that gives the same answers whatever the question; closed after the test. */
const answering = async (answer: (request: IncomingMessage) => { status: number; xml: string }): Promise<Remote> => {
  const canned = createServer((request, response) => {
    const { status, xml } = answer(request);
    response.writeHead(status, { "content-type": "application/xml", etag: '"e"' }).end(xml);
  });
  await new Promise<void>((listening) => canned.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void canned.close());
  const { port } = canned.address() as AddressInfo;
  return openRemote({ where: "s3://photos/x", endpoint: `http://127.0.0.1:${port}` });
};

it("lists page after page", async () => {
  const remote = await answering(({ url = "" }) => {
    const second = url.includes("continuation-token=more");
    const next = second ? "" : "<NextContinuationToken>more</NextContinuationToken>";
    const file = `<Contents><Key>x/packs/${second ? "b" : "a"}</Key><Size>7</Size></Contents>`;
    const xml = `<ListBucketResult><IsTruncated>${!second}</IsTruncated>${next}${file}</ListBucketResult>`;
    return { status: 200, xml };
  });
  expect((await remote.list("packs")).map(({ name }) => name)).toEqual(["a", "b"]);
  remote.close();
});

it("says where it may not write", async () => {
  const remote = await answering(() => ({ status: 403, xml: "<Error><Code>AccessDenied</Code></Error>" }));
  await expect(remote.write("a", Buffer.from("x"))).rejects.toMatchObject({
    code: "E_REMOTE_REFUSED",
    kind: "permission",
  });
  remote.close();
});

it("gives up a swap that another was faster with", async () => {
  const seen: (string | undefined)[] = [];
  const remote = await answering(({ method, headers }) => {
    if (method === "GET") return { status: 200, xml: "before" };
    seen.push(headers["if-match"]);
    return { status: 412, xml: "<Error><Code>PreconditionFailed</Code></Error>" };
  });
  expect(await remote.swap("refs", Buffer.from("before"), Buffer.from("after"))).toBe(false);
  expect(seen).toEqual(['"e"']);
  remote.close();
});

it("notices bytes that did not arrive as they were sent", async () => {
  const remote = await answering(({ method }) => ({ status: 200, xml: method === "GET" ? "others" : "" }));
  await expect(remote.write("a", Buffer.from("sent"))).rejects.toMatchObject({ code: "E_REMOTE_DAMAGED" });
  remote.close();
});

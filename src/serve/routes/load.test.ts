import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { stubEngine } from "../../../test/fixtures/stub-engine.ts";
import { stubServer, type StubServer } from "../../../test/fixtures/stub-server.ts";
import { HandfulError } from "../../base/errors.ts";
import { parseApiKeys } from "../api-keys.ts";

const root = mkdtempSync(join(tmpdir(), "handful-load-"));
const folder = join(root, "models");
mkdirSync(join(folder, "inner"), { recursive: true });
writeFileSync(join(folder, "good.onnx"), "");
writeFileSync(join(folder, "inner", "bad.onnx"), "");
writeFileSync(join(root, "outside.onnx"), "");
symlinkSync(join(root, "outside.onnx"), join(folder, "link.onnx"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const keys = parseApiKeys(`${createHash("sha256").update("boss").digest("hex")} scopes=admin,classify,metrics`, "keys");
let opened = 0;
let server: StubServer;
beforeEach(async () => {
  server = await stubServer(
    { a: "/start/a.onnx" },
    (path) => {
      if (path.includes("bad")) throw new HandfulError("damaged", "E_MODEL_PARSE", `${path}: no model`);
      return stubEngine(undefined, { version: `00000000000${++opened % 10}` });
    },
    { keys, modelsFolder: folder },
  );
});
afterEach(() => server.close());

const post = async (url: string, payload: object) => {
  const headers = { authorization: "Bearer boss", "content-type": "application/json" };
  const answer = await server.http.inject({ method: "POST", url, payload, headers });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
};
const names = (): string[] => server.parts.models.all.map(({ name }) => name);

it("loads a file of the folder under a name, loads one anew, and unloads", async () => {
  expect(await post("/v1/models/load", { name: "b", file: "good.onnx" })).toMatchObject({
    status: 200,
    body: { name: "b", labels: ["blue", "red"] },
  });
  const before = server.parts.models.find("a").info!.version;
  expect((await post("/v1/models/load", { name: "a" })).status).toBe(200);
  expect(server.parts.models.find("a").info!.version).not.toBe(before);
  expect(names()).toEqual(["a", "b"]);
  expect(await post("/v1/models/unload", { name: "a" })).toMatchObject({ status: 200, body: { unloaded: true } });
  expect(names()).toEqual(["b"]);
  expect(await post("/v1/models/unload", { name: "a" })).toMatchObject({
    status: 404,
    body: { code: "E_MODEL_UNKNOWN" },
  });
});

it("keeps the old version when the new one is unsound, and tells no path", async () => {
  const before = server.parts.models.find("a").info!.version;
  const { status, body } = await post("/v1/models/load", { name: "a", file: "inner/bad.onnx" });
  expect([status, body.code, body.error]).toEqual([422, "E_MODEL_PARSE", "inner/bad.onnx: no model"]);
  expect(server.parts.models.find("a")).toMatchObject({ path: "/start/a.onnx", info: { version: before } });
});

it.each([
  "../outside.onnx",
  "..",
  ".",
  "",
  "/etc/passwd",
  "inner/../../outside.onnx",
  "..\\outside.onnx",
  "link.onnx",
  "a\0b",
  "none.onnx",
])("S5: %j is not loaded", async (file) => {
  const { status, body } = await post("/v1/models/load", { name: "b", file });
  expect([400, 404]).toContain(status);
  expect(["E_MODEL_FILE", "E_MODEL_MISSING"]).toContain(body.code);
  expect(names()).toEqual(["a"]);
});

it("names must be plain, fields known, and a model new to the server needs a file", async () => {
  expect(await post("/v1/models/load", { name: "../x", file: "good.onnx" })).toMatchObject({
    status: 400,
    body: { code: "E_MODEL_NAME" },
  });
  expect(await post("/v1/models/load", { name: "b", path: "good.onnx" })).toMatchObject({
    status: 400,
    body: { code: "E_BODY_FIELDS" },
  });
  expect(await post("/v1/models/load", { name: "b" })).toMatchObject({
    status: 404,
    body: { code: "E_MODEL_UNKNOWN" },
  });
});

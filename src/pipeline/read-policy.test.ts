import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { HandfulError } from "../base/errors.ts";
import { policyNamed } from "../data/check-policy.ts";
import { readPolicy } from "./read-policy.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "policy-"));
});
afterAll(() => rm(folder, { recursive: true }));

const written = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

const refusal = (nameOrPath: string): Promise<HandfulError> =>
  readPolicy(nameOrPath).then(
    () => Promise.reject(new Error("was not refused")),
    (thrown: HandfulError) => thrown,
  );

it("finds a policy by name", async () => expect(await readPolicy("strong")).toBe(policyNamed("strong")));

it("reads one from a file", async () => {
  const mine = { name: "mine", steps: [{ augmentation: "blur", ranges: { sigma: [0, 1] } }] };
  expect(await readPolicy(await written("mine.json", JSON.stringify(mine)))).toEqual(mine);
});

it("suggests the nearest name", async () => {
  const error = await refusal("basik");
  expect(error.message).toContain('unknown augmentation policy "basik"');
  expect(error.hint).toBe('Did you mean "basic"?');
});

it("names a file that is not there, and a folder", async () => {
  const error = await refusal(join(folder, "none.json"));
  expect(error.kind).toBe("usage");
  expect(error.message).toContain(join(folder, "none.json"));
  expect(error.message).toContain("no such file");
  expect((await refusal(`${folder}/`)).message).toContain(folder);
});

it("names the file and the place where it is no JSON", async () => {
  const path = await written("broken.json", '{"name": "mine", steps: []}');
  const error = await refusal(path);
  expect(error.kind).toBe("usage");
  expect(error.message).toContain(path);
  expect(error.message).toMatch(/position 17/);
  expect((await refusal(await written("empty.json", ""))).message).toContain("empty.json");
});

it("names the file whose content is refused, what is wrong, and what to do", async () => {
  const path = await written("odd.json", '{"name": "mine", "steps": [{"augmentation": "blurr"}]}');
  const error = await refusal(path);
  expect(error.message).toContain(`${path}: unknown augmentation "blurr"`);
  expect(error.hint).toBe('Did you mean "blur"?');
});

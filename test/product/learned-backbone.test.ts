import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { learnedBackbone } from "../../src/pipeline/learned-backbone.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { barPicture, SIDE, trainedByEpisodes } from "../fixtures/trained-by-episodes.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-learned-"));
const handful = commandLine(folder);

beforeAll(async () => {
  for (const name of ["relation", "prototypical"] as const) {
    const { onnx, json } = learnedBackbone(await trainedByEpisodes(name, 40));
    writeFileSync(join(folder, `${name}.onnx`), onnx);
    writeFileSync(join(folder, `${name}.json`), json);
  }
  for (const [label, name] of ["high", "middle", "low", "lowest"].entries()) {
    const own = name === "lowest" ? name : `photos/${name}`;
    mkdirSync(join(folder, own), { recursive: true });
    for (let i = 0; i < 8; i++)
      await sharp(barPicture(label, 200 + i), { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .resize(64, 64, { kernel: "nearest" })
        .png()
        .toFile(join(folder, i < 7 ? `${own}/${i}.png` : `new-${name}.png`));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["relation", "relation-network", "relation-networks"],
  ["prototypical", "prototypical", "prototypical-networks"],
])("a network of %s learns new classes by --method %s, with evidence, and names new photos", (file, asked, head) => {
  const out = `run-${file}`;
  const trained = handful(["train", "photos", "--method", asked, "--backbone", `${file}.onnx`, "--out", out, "--json"]);
  expect(trained.err).not.toMatch(/error/);
  const result = JSON.parse(trained.out) as { head: { method: string }; accuracy: { value: number } | null };
  expect(result.head.method).toBe(head);
  // six features make near-copies of a class's photos, of which nothing can be held out
  if (file === "relation") expect(result.accuracy!.value).toBeGreaterThan(0.6);
  const names = ["high", "middle", "low"];
  const answers = JSON.parse(handful(["predict", out, ...names.map((name) => `new-${name}.png`), "--json"]).out) as {
    predictions: { likeliest: string }[];
  };
  expect(answers.predictions.filter(({ likeliest }, i) => likeliest === names[i]).length).toBeGreaterThanOrEqual(2);
  expect(handful(["model", "show", out]).out).toMatch(new RegExp(`head +${head}`));
  const added = handful(["model", "add-class", out, "lowest", "lowest", "--out", `${file}-4.onnx`]);
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/class "lowest", from 7 photos/) as string });
  expect(handful(["predict", `${file}-4.onnx`, "new-lowest.png", "--csv"]).out).toMatch(/,lowest,/);
});

it("other heads are measured on it too, and what does not fit is refused before photos are read", () => {
  const refused = handful(["train", "photos", "--method", "relation", "--backbone", "prototypical.onnx"]);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/its comparison is learned together with the network/);
  const both = handful(["train", "photos", "--method", "ridge", "--head", "lda"]);
  expect([both.code, both.err]).toEqual([2, expect.stringMatching(/both name the head/) as string]);
  expect(handful(["train", "photos", "--method", "relation-networ"]).err).toMatch(/Did you mean "relation-networks"/);
});

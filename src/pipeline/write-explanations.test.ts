import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeDemoSet } from "../data/demo.ts";
import type { Explanation } from "./explain.ts";
import { createExplanationWriter, nearestPictures, pictureUri, scaleColours } from "./write-explanations.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-explanations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const photo = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(100) };
const explanation: Explanation = {
  prediction: {
    label: "nut",
    likeliest: "nut",
    probability: 1,
    probabilities: [1, 0],
    set: ["nut"],
    unknownScore: 0,
    nearest: [{ name: "nut/000.jpg", label: "nut", similarity: 1 }],
    embedding: new Float32Array(2),
  },
  className: "nut",
  map: { width: 2, height: 1, data: Float32Array.from([0, 1]) },
  photo,
};

it("names pictures after photos, none twice, and none outside the folder", async () => {
  const out = join(folder, "out");
  const writer = await createExplanationWriter(out, async () => null);
  const names: string[] = [];
  for (const name of ["x/nut/1.jpg", "y/nut/1.jpg", "1.jpg", "../../..", "-", "C:\\a\\b?.png", "NUT/1.JPG"])
    names.push(await writer.add(name, explanation));
  expect(names).toEqual(["nut-1.png", "nut-1-2.png", "1.png", "photo.png", "-.png", "a-b_.png", "NUT-1-3.png"]);
  expect(await writer.finish("title", "how")).toBe(join(out, "index.html"));
  expect(readdirSync(out).sort()).toEqual([...names, "index.html"].sort());
  expect(readFileSync(join(out, "index.html"), "utf8")).toContain("title");
});

it("finds training photos by their names, and only inside the folder", async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 0, perClass: 1 });
  const picture = await nearestPictures(join(folder, "photos", "nut"));
  expect(await picture("000.jpg")).toMatch(/^data:image\/webp;base64,/);
  expect(await picture("../bolt/000.jpg")).toBeNull();
});

it("gives pixels and colours as a page carries them", async () => {
  expect(await pictureUri(photo)).toMatch(/^data:image\/webp;base64,/);
  expect(scaleColours().length).toBe(9);
  expect(scaleColours()[0]).toMatch(/^rgb\(\d+,\d+,\d+\)$/);
});

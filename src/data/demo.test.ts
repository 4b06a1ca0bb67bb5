import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO_CLASSES, DEMO_SIZE, demoBox, demoFile, drawDemo, writeDemoSet } from "./demo.ts";
import { auditDataset } from "./audit.ts";
import { decodeImage } from "./image.ts";
import { scanDataset } from "./scan.ts";

const perClass = 24;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "handful-demo-"));
  await writeDemoSet(folder, { seed: 0, perClass });
});
afterAll(() => rmSync(folder, { recursive: true }));

it("is a clean set of four classes under 1 MB", async () => {
  const dataset = await scanDataset(folder);
  expect([dataset.classes, dataset.items.length]).toEqual([DEMO_CLASSES, 4 * perClass]);
  const audit = await auditDataset(dataset);
  expect([audit.unreadable, audit.exactDuplicates, audit.nearDuplicates, audit.warnings]).toEqual([[], [], [], []]);
  const bytes = (readdirSync(folder, { recursive: true }) as string[]).map((name) => statSync(join(folder, name)).size);
  expect(bytes.reduce((a, b) => a + b)).toBeLessThan(1e6);
});

it("is the same for the same seed, and another for another", async () => {
  const key = { name: "nut", index: 3 } as const;
  const again = mkdtempSync(join(tmpdir(), "handful-demo-"));
  await writeDemoSet(again, { seed: 0, perClass: 4 });
  expect(readFileSync(join(again, demoFile(key)))).toEqual(readFileSync(join(folder, demoFile(key))));
  rmSync(again, { recursive: true });
  expect(drawDemo({ seed: 1, ...key }).pixels.data).not.toEqual(drawDemo({ seed: 0, ...key }).pixels.data);
});

it("says where the shape lies", () => {
  for (const name of DEMO_CLASSES)
    for (let index = 0; index < 6; index++) {
      const { left, top, width, height } = demoBox({ seed: 0, name, index });
      expect(Math.min(left, top)).toBeGreaterThan(0);
      expect(Math.max(left + width, top + height)).toBeLessThan(DEMO_SIZE);
      expect(Math.min(width, height)).toBeGreaterThan(15);
      expect(width * height).toBeLessThan(0.6 * DEMO_SIZE ** 2);
    }
});

it("cannot be told by colour: the mean colour of a class is no guide", async () => {
  const means: { name: string; colour: number[] }[] = [];
  for (const name of DEMO_CLASSES)
    for (let index = 0; index < perClass; index++) {
      const { data } = await decodeImage(readFileSync(join(folder, demoFile({ name, index }))));
      const colour = [0, 0, 0];
      data.forEach((level, i) => (colour[i % 3]! += level / (DEMO_SIZE * DEMO_SIZE)));
      means.push({ name, colour });
    }
  const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((x, i) => x - b[i]!));
  const right = means.filter((one) => {
    const others = means.filter((other) => other !== one);
    const nearest = others.reduce((best, next) =>
      distance(next.colour, one.colour) < distance(best.colour, one.colour) ? next : best,
    );
    return nearest.name === one.name;
  });
  // Chance is a quarter; 96 draws stray from it by 9 points at two standard errors.
  expect(right.length / means.length).toBeLessThan(0.4);
});

import { expect, it } from "vitest";
import { matrix, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { borderShortcut } from "./border-shortcut.ts";

const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);

/** Noise, and in the first column the class where it is to be told; a column that never changes. */
const features = (key: string, tells: boolean): Matrix => {
  const random = createRandom(key);
  const out = matrix(labels.length, 12);
  labels.forEach((label, i) => {
    for (let k = 0; k < 11; k++) out.data[i * 12 + k] = random.normal();
    if (tells) for (let c = 0; c < 3; c++) out.data[i * 12 + c]! += label === c ? 100 : 0;
    out.data[i * 12 + 11] = 7;
  });
  return out;
};

const ask = (border: Matrix, middle: Matrix, own = labels) =>
  borderShortcut({
    border,
    middle,
    labels: own,
    groups: Int32Array.from(own.keys()),
    classes: ["a", "b", "c"],
    keys: Array.from(own, (_, i) => String(i)),
    random: createRandom(0),
  });

it("finds a border that tells the class, and one that does not", async () => {
  const found = await ask(features("one", true), features("two", false));
  expect(found!.border.value).toBeGreaterThan(0.95);
  expect(found!.middle.interval!.low).toBeLessThan(1 / 3);
  expect(found!.chance).toBeCloseTo(1 / 3, 10);
  expect(found!.photos).toBe(60);
});

it("says nothing where no photo can be held out", async () => {
  const three = (m: Matrix): Matrix => matrix(3, 12, m.data.slice(0, 36));
  expect(await ask(three(features("one", true)), three(features("two", false)), labels.slice(0, 3))).toBeNull();
});

import { expect, it } from "vitest";
import { drawn } from "../../test/fixtures/pictures.ts";
import { contactSheet } from "./contact-sheet.ts";
import { decodeImage } from "./image.ts";

const flat = (level: number, width = 20, height = 20) => drawn(width, height, () => level);

const sheetOf = async (columns: number, rows: number, caption = "class") => {
  const { png, isCaptioned } = await contactSheet({
    columns: Array.from({ length: columns }, (_, i) => `column-${i}`),
    rows: Array.from({ length: rows }, (_, r) => ({
      caption,
      pictures: Array.from({ length: columns }, (_, c) => flat(10 + 20 * r + c)),
    })),
    side: 30,
  });
  return { sheet: await decodeImage(png), isCaptioned };
};

const countOf = ({ data }: { data: Uint8Array }, level: number): number =>
  data.reduce((sum, value, i) => sum + (i % 3 === 0 && value === level && data[i + 1] === level ? 1 : 0), 0);

it("shows every picture once, at the side asked for, beside white", async () => {
  const { sheet } = await sheetOf(3, 2, "");
  // letters blend into white: only they and white are above the pictures' levels
  for (const level of [10, 11, 12, 30, 31, 32]) expect(countOf(sheet, level)).toBeGreaterThanOrEqual(30 * 30 - 40);
  expect([...sheet.data.subarray(0, 3)]).toEqual([255, 255, 255]);
});

it("goes on below with the first column repeated when there are many", async () => {
  const one = await sheetOf(11, 1);
  const two = await sheetOf(12, 1);
  expect(two.sheet.height).toBeGreaterThan(1.8 * one.sheet.height);
  expect(two.sheet.width).toBeLessThan(one.sheet.width);
  expect(countOf(two.sheet, 10)).toBeGreaterThan(1.8 * countOf(one.sheet, 10));
  expect(countOf(two.sheet, 21)).toBeGreaterThan(800);
});

it("writes dark captions above and on the left, where a font is installed, and says whether it did", async () => {
  const { sheet, isCaptioned } = await sheetOf(2, 1, "lily & <rose>");
  let dark = 0;
  for (let y = 0; y < 40; y++)
    for (let x = 0; x < sheet.width; x++) if (sheet.data[3 * (y * sheet.width + x)]! < 100) dark++;
  expect(dark > 20).toBe(isCaptioned);
});

it("keeps the proportions of pictures that are not square", async () => {
  const rows = [{ caption: "", pictures: [flat(0, 40, 10)] }];
  const { png } = await contactSheet({ columns: [""], rows, side: 40 });
  expect(countOf(await decodeImage(png), 0)).toBe(400);
});

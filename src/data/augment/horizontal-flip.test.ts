import { expect, it } from "vitest";
import { grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./horizontal-flip.ts";

it("mirrors left and right, exactly", async () => {
  const picture = grey([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ]);
  expect(levels(await varied(augmentation, picture, {}))).toEqual([
    [4, 3, 2, 1],
    [8, 7, 6, 5],
  ]);
});

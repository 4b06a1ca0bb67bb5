import { expect, it } from "vitest";
import { grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./vertical-flip.ts";

it("mirrors top and bottom, exactly", async () => {
  expect(
    levels(
      await varied(
        augmentation,
        grey([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        {},
      ),
    ),
  ).toEqual([
    [5, 6],
    [3, 4],
    [1, 2],
  ]);
});

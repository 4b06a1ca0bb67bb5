import { expect, it } from "vitest";
import { checkPictures } from "./check-pictures.ts";

it("a model of volumes is refused where only pictures make sense", () => {
  expect(() => checkPictures({}, "explain")).not.toThrow();
  expect(() => checkPictures({ depth: 8 }, "explain")).toThrow("explain is for pictures, this model takes volumes");
});

import { expect, it } from "vitest";
import { tinyModel, tinyPreprocess } from "../../test/fixtures/tiny-model.ts";
import type { DataSet } from "../data/dataset.ts";
import { looksOf } from "./looks.ts";

it("says why there are no maps of a network that knows no places", async () => {
  const model = { model: await tinyModel(), backbone: { preprocess: tinyPreprocess }, dataset: {} as DataSet };
  const looks = await looksOf(model, [], []);
  expect(looks.rows).toEqual([]);
  expect(looks.text).toMatch(/^No maps: no value of the model is a map/);
});

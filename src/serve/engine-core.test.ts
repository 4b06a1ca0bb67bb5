import { describe, expect, it } from "vitest";
import { tinyModel, tinyPreprocess } from "../../test/fixtures/tiny-model.ts";
import { loadModel, type LoadedModel } from "../artifact/load.ts";
import { HandfulError } from "../base/errors.ts";
import { createCostModel } from "./cost-model.ts";
import { describeOutputs, findBatch, runItems } from "./engine-core.ts";

const picture = (red: number, blue: number): Uint8Array =>
  Uint8Array.from({ length: tinyPreprocess.height * tinyPreprocess.width * 3 }, (_, i) => [red, 0, blue][i % 3]!);
const item = (pixels: Uint8Array, outputs: string[] = []) => ({ pixels, outputs });
const MARK = 77;

/** A model whose engine throws when a picture begins with the mark (case 62). */
const touchy = (model: LoadedModel): LoadedModel => ({
  ...model,
  outputs: (pictures) =>
    pictures.some((p) => p[0] === MARK)
      ? Promise.reject(new HandfulError("damaged", "E_MODEL_RUN", "boom"))
      : model.outputs(pictures),
});

describe("running pictures together", () => {
  it("gives each its prediction, and the outputs it asked for", async () => {
    const model = await loadModel(await tinyModel());
    const answers = await runItems(model, [
      item(picture(10, 240), ["embedding", "neighbour_index"]),
      item(picture(240, 10)),
    ]);
    const [blue, red] = answers.map((a) => (a instanceof HandfulError ? null : a));
    expect(blue!.prediction.label).toBe("blue");
    expect(blue!.outputs).toEqual({ embedding: [10, 0, 240], neighbour_index: [0, 1, 2] });
    expect(red!.prediction.label).toBe("red");
    expect(red!.outputs).toEqual({});
    expect(red!.prediction).not.toHaveProperty("embedding");
    await model.close();
  });

  it("case 62: lets only the picture fail that makes the run fail", async () => {
    const model = await loadModel(await tinyModel());
    const poison = picture(10, 240);
    poison[0] = MARK;
    const items = [picture(10, 240), poison, picture(240, 10)].map((p) => item(p));
    const answers = await runItems(touchy(model), items);
    expect(answers.map((a) => (a instanceof HandfulError ? a.code : a.prediction.label))).toEqual([
      "blue",
      "E_MODEL_RUN",
      "red",
    ]);
    await model.close();
  });

  it("never answers with numbers that are not finite", async () => {
    const model = await loadModel(await tinyModel());
    const broken: LoadedModel = {
      ...model,
      outputs: async (pictures) => {
        const outputs = await model.outputs(pictures);
        const embedding = { ...outputs.embedding!, data: Float32Array.from([NaN, 0, 0, 1, 2, 3]) };
        return { ...outputs, embedding };
      },
    };
    const items = [item(picture(10, 240), ["embedding"]), item(picture(10, 240), ["embedding"])];
    const [bad, good] = await runItems(broken, items);
    expect(bad).toMatchObject({ code: "E_MODEL_NAN" });
    expect(good).toMatchObject({ outputs: { embedding: [1, 2, 3] } });
    await model.close();
  });
});

describe("trying batches", () => {
  /** A model on a clock of its own that takes `ms(n)` for n pictures. */
  const timed = async (ms: (n: number) => number) => {
    const model = await loadModel(await tinyModel());
    let now = 0;
    const slow: LoadedModel = {
      ...model,
      outputs: (pictures) => {
        now += ms(pictures.length);
        return model.outputs(pictures);
      },
    };
    const cost = createCostModel();
    const best = await findBatch(slow, cost, () => now);
    await model.close();
    return { best, cost };
  };

  it("finds the smallest batch near the best time a picture, and learns the cost", async () => {
    // 3.1, 2.1, 1.6, 1.35, 1.225, 1.16 ms a picture
    const { best, cost } = await timed((n) => 1.1 * n + 2);
    expect(best).toBe(32);
    expect(cost.perItemMs).toBeCloseTo(1.1, 1);
    expect(cost.fixedMs).toBeCloseTo(2, 0);
  });

  it("stays at one picture where company makes runs slower, and stops trying in time", async () => {
    expect((await timed((n) => n * (1 + n / 4))).best).toBe(1);
    expect((await timed((n) => 500 * n)).best).toBe(1);
  });
});

it("describes the outputs of the graph", async () => {
  const model = await loadModel(await tinyModel());
  expect(await describeOutputs(model)).toEqual([
    { name: "probabilities", dtype: "float32", shape: [2] },
    { name: "embedding", dtype: "float32", shape: [3] },
    { name: "unknown_score", dtype: "float32", shape: [] },
    { name: "neighbour_index", dtype: "int64", shape: [3] },
    { name: "neighbour_similarity", dtype: "float32", shape: [3] },
  ]);
  await model.close();
});

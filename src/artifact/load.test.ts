import { describe, expect, it } from "vitest";
import { tinyModel, tinyPreprocess } from "../../test/fixtures/tiny-model.ts";
import { decodeModel, encodeModel } from "../onnx/proto.ts";
import { openSession } from "../runtime/node.ts";
import { loadModel, readPredictions } from "./load.ts";
import { testPicture } from "./test-vectors.ts";

const picture = (red: number, green: number, blue: number): Uint8Array =>
  Uint8Array.from({ length: tinyPreprocess.height * tinyPreprocess.width * 3 }, (_, i) => [red, green, blue][i % 3]!);

describe("a model file", () => {
  it("answers with labels, probabilities, sets and nearest training pictures", async () => {
    const model = await loadModel(await tinyModel());
    const [blue, red] = await model.predict([picture(10, 10, 240), picture(240, 20, 20)]);
    await model.close();
    expect(blue!.label).toBe("blue");
    // scores: -0.02 r + 0.02 b = 4.6 and -4.6, so p = 1 / (1 + exp(-9.2))
    expect(blue!.probability).toBeCloseTo(1 / (1 + Math.exp(-9.2)), 5);
    expect(blue!.set).toEqual(["blue"]);
    expect(blue!.nearest.map((n) => n.name)).toEqual(["blue/1.jpg", "blue/2.jpg", "red/1.jpg"]);
    expect(blue!.nearest[0]!.similarity).toBeCloseTo(1, 2);
    expect(red!.label).toBe("red");
    expect(red!.nearest[0]!.label).toBe("red");
  });

  it("answers a picture alone as in company", async () => {
    const model = await loadModel(await tinyModel());
    const pictures = [picture(1, 2, 3), picture(200, 100, 0), picture(0, 255, 255)];
    const together = await model.predict(pictures);
    const alone = await Promise.all(pictures.map(async (p) => (await model.predict([p]))[0]!));
    await model.close();
    expect(together).toEqual(alone);
  });

  it("calls strange pictures unknown, and still says which class is likeliest", async () => {
    const model = await loadModel(
      await tinyModel({ thresholds: { unknown: 300, setProbability: null, setLevel: 0.9 } }),
    );
    const [known, strange] = await model.predict([picture(10, 10, 240), picture(255, 255, 240)]);
    await model.close();
    expect(known!.label).toBe("blue");
    expect(strange!.label).toBeNull();
    expect(strange!.likeliest).toBe("red");
  });

  it("runs in any ONNX runtime under its documented names", async () => {
    const session = await openSession(await tinyModel());
    expect(session.inputNames).toEqual(["pixels"]);
    expect(session.outputNames).toEqual([
      "probabilities",
      "embedding",
      "unknown_score",
      "neighbour_index",
      "neighbour_similarity",
    ]);
    await session.close();
  });

  it("gives an error of its own to a picture whose numbers are not finite", async () => {
    const model = await loadModel(await tinyModel());
    const outputs = await model.outputs([picture(20, 20, 240), picture(240, 20, 20)]);
    const probabilities = Float32Array.from(outputs.probabilities!.data as Float32Array);
    probabilities[0] = NaN;
    const [poison, sound] = readPredictions(model.metadata, {
      ...outputs,
      probabilities: { ...outputs.probabilities!, data: probabilities },
    });
    expect(poison).toMatchObject({ code: "E_MODEL_NAN" });
    expect(sound).toMatchObject({ label: "red" });
    await model.close();
  });

  it("gives the graph's outputs a row a picture, also where the graph takes one picture at a time", async () => {
    const bytes = await tinyModel();
    const proto = decodeModel(bytes);
    proto.graph!.input![0]!.type!.tensorType!.shape!.dim![0] = { dimValue: 1 };
    const [free, fixed] = [await loadModel(bytes), await loadModel(encodeModel(proto))];
    const pictures = [picture(20, 20, 240), picture(240, 20, 20)];
    expect(await fixed.outputs(pictures)).toEqual(await free.outputs(pictures));
    await free.close();
    await fixed.close();
  });

  it("is the same bytes every time", async () => expect(await tinyModel()).toEqual(await tinyModel()));

  it("is refused when a weight was changed, since it answers its test vectors differently", async () => {
    const proto = decodeModel(await tinyModel());
    const weights = proto.graph!.initializer!.find((t) => t.name === "weights")!;
    weights.rawData = Uint8Array.from(weights.rawData!);
    weights.rawData[3]! ^= 0x80; // the sign of one weight
    await expect(loadModel(encodeModel(proto))).rejects.toMatchObject({ code: "E_ARTIFACT_ANSWERS", kind: "damaged" });
  });

  it("draws the same test picture in every language: the first colours follow the stated generator", () => {
    let state = 1;
    const next = (): number => (state = Number((1664525n * BigInt(state) + 1013904223n) % 2n ** 32n)) >>> 24;
    const drawn = testPicture(1, { height: 9, width: 9 });
    expect([...drawn.slice(0, 3)]).toEqual([next(), next(), next()]);
    expect([...drawn.slice(8 * 3, 9 * 3)]).toEqual([next(), next(), next()]);
    expect(drawn.length).toBe(9 * 9 * 3);
  });
});

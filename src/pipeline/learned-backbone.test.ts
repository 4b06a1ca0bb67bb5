import { beforeAll, describe, expect, it } from "vitest";
import { barPicture, SIDE, trainedByEpisodes } from "../../test/fixtures/trained-by-episodes.ts";
import { largestDifference } from "../../test/fixtures/differences.ts";
import { createRandom } from "../base/random.ts";
import { matrix, takeRows } from "../base/matrix.ts";
import { floats } from "../graph/dtype.ts";
import { Graph } from "../graph/graph.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { relationNetworks } from "../methods/relation-networks.ts";
import { importModel } from "../onnx/import.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { openSession } from "../runtime/node.ts";
import { openJudge } from "../train/episodic/episode-judge.ts";
import { openBackbone, type Backbone } from "./backbone.ts";
import { parseBackboneSettings } from "./backbone-settings.ts";
import {
  checkHeadFits,
  learnedBackbone,
  splitBackbone,
  type BackboneFiles,
  type LearnedWeights,
} from "./learned-backbone.ts";

const [WAYS, SHOTS, QUERIES] = [3, 2, 2];
/** An episode: support class by class, then queries class by class. */
const labels = Int32Array.from({ length: WAYS * (SHOTS + QUERIES) }, (_, i) =>
  i < WAYS * SHOTS ? Math.floor(i / SHOTS) : Math.floor((i - WAYS * SHOTS) / QUERIES),
);
const pictures = Array.from(labels, (label, i) => barPicture(label, 100 + i));
const supportRows = Array.from({ length: WAYS * SHOTS }, (_, i) => i);
const queryRows = Array.from({ length: WAYS * QUERIES }, (_, i) => WAYS * SHOTS + i);

const opened = ({ onnx, json }: BackboneFiles): Promise<Backbone> => {
  const { preprocess, features } = parseBackboneSettings(json, "x.json");
  const names = { name: "x", path: "x.onnx", sha256: "", licence: null, source: "file", describe: "" } as const;
  return openBackbone({ ...names, bytes: onnx, preprocess, features }, { threads: 1 });
};

/** Scores of the learner's own graph with running moments. */
const scoresOf = async ({ learner, weights }: LearnedWeights): Promise<Float32Array> => {
  const { buildEpisodes, PIXELS } = await import("../train/episodic/episode-graph.ts");
  const shape = { ways: WAYS, shots: SHOTS, queries: QUERIES, picture: [SIDE, SIDE, 3] as const };
  const { g, scores } = buildEpisodes(learner, shape, { phase: "inference", random: createRandom(1) });
  g.output(scores, "scores");
  const session = await openGraph(g, { threads: 1 });
  const data = new Uint8Array(pictures.length * SIDE * SIDE * 3);
  pictures.forEach((picture, i) => data.set(picture, i * picture.length));
  const pixels = { dtype: "uint8", shape: [pictures.length, SIDE, SIDE, 3], data } as const;
  const known = session.inputNames.filter((name) => weights[name]).map((name) => [name, weights[name]!]);
  const out = await session.run({ ...Object.fromEntries(known), [PIXELS]: pixels });
  await session.close();
  return out.scores!.data as Float32Array;
};

describe("a network trained by episodes, as a backbone", () => {
  const learned = new Map<string, LearnedWeights>();
  beforeAll(async () => {
    for (const name of ["relation", "prototypical"] as const) learned.set(name, await trainedByEpisodes(name));
  });
  const featuresOf = async (name: string) => {
    const backbone = await opened(learnedBackbone(learned.get(name)!));
    const parts = [];
    for (const picture of pictures) parts.push(await backbone.embed([picture]));
    await backbone.close();
    const features = matrix(pictures.length, backbone.dim);
    parts.forEach((part, i) => features.data.set(part.data, i * backbone.dim));
    return { features, backbone };
  };

  it("prototypical: distances of its features are the learner's scores", async () => {
    const { features, backbone } = await featuresOf("prototypical");
    expect(backbone.relation).toBeNull();
    expect(backbone.dim).toBe(6); // no taps beside
    const wanted = await scoresOf(learned.get("prototypical")!);
    const scale = Math.exp(Number(learned.get("prototypical")!.weights["scale/logarithm"]!.data[0]));
    const { method } = await import("../methods/few-shot/prototypical-networks.ts");
    const algebra = openAlgebra(1);
    const support = { features: takeRows(features, supportRows), labels: labels.subarray(0, WAYS * SHOTS), ways: WAYS };
    const got = await method.predict(await method.fit(support, {}, algebra), takeRows(features, queryRows), algebra);
    await algebra.close();
    got.data.forEach((score, i) => expect(scale * score).toBeCloseTo(wanted[i]!, 3));
  });

  it("relation: the head with the module gives the learner's scores, alone, together, and inside a graph", async () => {
    const { features, backbone } = await featuresOf("relation");
    expect(backbone.dim).toBe(6 * 4 * 4);
    const method = relationNetworks(backbone.relation!);
    const algebra = openAlgebra(1);
    const support = { features: takeRows(features, supportRows), labels: labels.subarray(0, WAYS * SHOTS), ways: WAYS };
    const state = await method.fit(support, {}, algebra);
    const queries = takeRows(features, queryRows);
    const got = await method.predict(state, queries, algebra);
    const wanted = await scoresOf(learned.get("relation")!);
    got.data.forEach((score, i) => expect(score).toBeCloseTo(wanted[i]!, 4));
    const alone = await method.predict(state, takeRows(queries, [3]), algebra);
    expect(largestDifference(alone, takeRows(got, [3]))).toBeLessThan(1e-5);
    expect((await method.predict(state, matrix(0, backbone.dim), algebra)).rows).toBe(0);
    await algebra.close();
    const g = new Graph("head");
    g.output(method.graph(g, state, g.input("embedding", "float32", ["n", backbone.dim])), "scores");
    const session = await openGraph(g, { threads: 1 });
    const out = await session.run({ embedding: floats([queries.rows, queries.columns], queries.data) });
    await session.close();
    expect(out.scores!.shape).toEqual([queries.rows, WAYS]);
    (out.scores!.data as Float32Array).forEach((score, i) => expect(score).toBeCloseTo(got.data[i]!, 5));
  });

  it("runs in any ONNX runtime: image and class features in, features and relation out", async () => {
    const { onnx } = learnedBackbone(learned.get("relation")!);
    const session = await openSession(onnx, { threads: 1 });
    expect([session.inputNames, session.outputNames]).toEqual([
      ["image", "class_features"],
      ["features", "relation"],
    ]);
    const out = await session.run({
      image: floats([2, 3, SIDE, SIDE], new Float32Array(2 * 3 * SIDE * SIDE)),
      class_features: floats([5, 96], new Float32Array(5 * 96)),
    });
    await session.close();
    expect(out.relation!.shape).toEqual([2, 5]);
  });

  it("refuses weights that lack a parameter, and pictures of one channel", () => {
    const { learner, weights, size, made } = learned.get("relation")!;
    const { "relation/linear2/weight": _gone, ...fewer } = weights;
    expect(() => learnedBackbone({ learner, weights: fewer, size, made })).toThrow(/the weights have no "relation/);
    const grey = { "network/block1/conv/weight": floats([6, 1, 3, 3], new Float32Array(54)) };
    expect(() => learnedBackbone({ learner, weights: { ...weights, ...grey }, size, made })).toThrow(/3 channels/);
  });

  it("a head with a module is refused on other backbones", () => {
    const named = (name: "relation" | "prototypical") => ({ name, bytes: learnedBackbone(learned.get(name)!).onnx });
    expect(() => checkHeadFits("relation-networks", named("prototypical"))).toThrow(
      expect.objectContaining({ code: "E_HEAD_BACKBONE" }),
    );
    expect(() => checkHeadFits("relation-networks", named("relation"))).not.toThrow();
    expect(() => checkHeadFits("ridge", named("prototypical"))).not.toThrow();
    expect(splitBackbone(importModel(named("prototypical").bytes)).learner).toBe("prototypical-networks");
  });

  it("still knows its training classes: better than chance with running moments", async () => {
    const { learner, weights } = learned.get("prototypical")!;
    const shape = { ways: WAYS, shots: SHOTS, queries: QUERIES, picture: [SIDE, SIDE, 3] as const };
    const photos = { count: pictures.length, name: String, pixels: async (i: number) => pictures[i]! };
    const judge = await openJudge(
      learner,
      { labels, photos },
      { shape, phase: "inference", random: createRandom(1), threads: 1 },
    );
    const { accuracies } = await judge.ask(weights, 20, createRandom(2));
    await judge.close();
    expect(accuracies.reduce((a, b) => a + b, 0) / 20).toBeGreaterThan(0.6);
  });
});

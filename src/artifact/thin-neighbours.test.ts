import { expect, it } from "vitest";
import { tinyModel } from "../../test/fixtures/tiny-model.ts";
import { importModel } from "../onnx/import.ts";
import { readTraining } from "../nn/answers.ts";
import { metadataFromProps } from "./metadata.ts";
import { thinNeighbours } from "./thin-neighbours.ts";

it("keeps the same share of every class, with names, labels and embeddings of those kept", async () => {
  const { graph, metadata } = importModel(await tinyModel());
  const facts = metadataFromProps(metadata);
  const all = readTraining(graph);
  expect(thinNeighbours(graph, facts, 5)).toBe(facts);
  const doubled = { ...facts, training: { ...facts.training, lengths: [1, 2, 3] } };
  expect(thinNeighbours(graph, doubled, 3)).toBe(doubled);
  const kept = readTraining(graph);
  expect([...kept.data]).toEqual([...all.data]);
});

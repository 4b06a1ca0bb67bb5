import { expect, test } from "vitest";
import type { Prediction } from "../artifact/load.ts";
import { strategyOf } from "../methods/choose-strategy.ts";
import { reasonFor } from "./suggest.ts";

const labels = ["bolt", "nut", "rivet"];
const saying = (probabilities: readonly number[], more: Partial<Prediction> = {}): Prediction => ({
  label: "bolt",
  likeliest: "bolt",
  probability: probabilities[0]!,
  probabilities,
  set: [],
  unknownScore: 0,
  nearest: [{ name: "a.jpg", label: "nut", similarity: 0.3 }],
  embedding: new Float32Array(2),
  ...more,
});

test.each([
  [saying([0.5, 0.05, 0.45]), "torn between bolt and rivet"],
  [saying([0.45, 0.05, 0.5], { label: "rivet" }), "torn between rivet and bolt"],
  [saying([0.9, 0.05, 0.05], { label: null }), "unlike anything labelled (nearest: a.jpg)"],
  [saying([0.48, 0.2, 0.2]), "not sure of bolt, nor of any other class"],
  [saying([0.95, 0.03, 0.02]), "unlike the other suggestions and the labelled photos (likely bolt)"],
])("the reason for %#", (prediction, reason) => expect(reasonFor(prediction, labels)).toBe(reason));

test("typical photos are asked for at a cold start, then doubtful ones", () => {
  expect(strategyOf("auto", { labelled: 2, ways: 3 }).name).toBe("typiclust");
  expect(strategyOf("auto", { labelled: 3, ways: 3 }).name).toBe("uncertainty-diversity");
  expect(strategyOf("margin", { labelled: 1, ways: 3 }).name).toBe("margin");
  expect(() => strategyOf("margins", { labelled: 1, ways: 3 })).toThrow(/strategy/);
});

import { expect, it } from "vitest";
import { noiseOf, totalOf } from "./noise.ts";

it("measures errors of embeddings by their spread, and of probabilities by total variation", () => {
  const wanted = {
    embeddings: [Float32Array.of(0, 2), Float32Array.of(0, -2)],
    probabilities: [Float32Array.of(1, 0), Float32Array.of(0, 1)],
  };
  const got = {
    embeddings: [Float32Array.of(1, 2), Float32Array.of(0, -2)],
    probabilities: [Float32Array.of(0.75, 0.25), Float32Array.of(0, 1)],
  };
  const noise = noiseOf(wanted, got);
  expect(noise).toEqual({ embedding: 1 / 8, probabilities: 0.125 });
  expect(totalOf(noise)).toBe(0.25);
  expect(totalOf(noiseOf(wanted, wanted))).toBe(0);
});

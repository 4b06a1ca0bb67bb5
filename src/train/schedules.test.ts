import { expect, it } from "vitest";
import { constant, gradualUnfreezing, layerRates, warmUpCosine } from "./schedules.ts";

it("rises in a line, then falls along half a cosine to nearly 0", () => {
  const schedule = warmUpCosine({ warmUp: 0.2 });
  const factors = Array.from({ length: 10 }, (_, i) => schedule(i, 10));
  expect(factors.slice(0, 3)).toEqual([0.5, 1, 1]);
  expect(factors[6]).toBeCloseTo(0.5, 10);
  expect(factors[9]).toBeCloseTo(0.5 * (1 + Math.cos((Math.PI * 7) / 8)), 10);
  expect(constant(3, 10)).toBe(1);
  expect(warmUpCosine()(0, 1)).toBe(1);
});

it("spreads rates geometrically from the lowest to the head", () => {
  const rates = layerRates(["stem", "block", "head"]);
  expect(rates.stem).toBeCloseTo(1e-4, 10);
  expect(rates.block).toBeCloseTo(Math.sqrt(1e-7), 10);
  expect(rates.head).toBeCloseTo(1e-3, 10);
  expect(layerRates(["head"])).toEqual({ head: 1e-3 });
});

it("unfreezes the head first, then block by block from the top", () => {
  expect(gradualUnfreezing(["a", "b", "head"], { epochs: 10, stageEpochs: 2 })).toEqual([
    { groups: ["head"], epochs: 2 },
    { groups: ["b", "head"], epochs: 2 },
    { groups: ["a", "b", "head"], epochs: 6 },
  ]);
  expect(gradualUnfreezing(["a", "b", "head"], { epochs: 10, stageEpochs: 2, blocksPerStage: 2 })).toHaveLength(2);
  expect(gradualUnfreezing(["head"], { epochs: 3, stageEpochs: 2 })).toEqual([{ groups: ["head"], epochs: 3 }]);
});

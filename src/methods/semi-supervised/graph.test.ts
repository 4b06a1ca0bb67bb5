import { expect, test } from "vitest";
import { matrixOf } from "../../base/matrix.ts";
import type { SparseMatrix } from "../neighbour-graph.ts";
import { normaliseMass } from "./_spread.ts";
import { harmonic } from "./label-propagation.ts";
import { spread } from "./label-spreading.ts";

/** A graph of edges of weight 1. */
const graphOfEdges = (size: number, edges: readonly (readonly [number, number])[]): SparseMatrix => {
  const near = Array.from({ length: size }, (_, i) =>
    edges.flatMap(([a, b]) => (a === i ? [b] : b === i ? [a] : [])).sort((a, b) => a - b),
  );
  const starts = Int32Array.from({ length: size + 1 }, (_, i) => near.slice(0, i).flat().length);
  const columns = Int32Array.from(near.flat());
  return { size, starts, columns, values: new Float64Array(columns.length).fill(1) };
};

test("labels flow along a chain: thirds between its two labelled ends", () => {
  // 0 (labelled 0) - 2 - 3 - 1 (labelled 1)
  const reached = harmonic(
    graphOfEdges(4, [
      [0, 2],
      [2, 3],
      [3, 1],
    ]),
    Int32Array.of(0, 1),
    2,
  );
  [2 / 3, 1 / 3, 1 / 3, 2 / 3].forEach((f, at) => expect(reached.data[at]).toBeCloseTo(f, 4));
});

test("rows that no label reaches stay at nothing", () => {
  const reached = harmonic(
    graphOfEdges(4, [
      [0, 1],
      [2, 3],
    ]),
    Int32Array.of(0),
    2,
  );
  expect([...reached.data.map((f) => Math.round(1e4 * f) / 1e4)]).toEqual([1, 0, 0, 0, 0, 0]);
});

test("spreading over one edge is α / (1 - α²)", () => {
  const reached = spread(graphOfEdges(2, [[0, 1]]), { labels: Int32Array.of(1), ways: 2, alpha: 0.5 });
  expect(reached.data[0]).toBe(0);
  expect(reached.data[1]).toBeCloseTo(0.5 / 0.75, 6);
});

test("spreading obeys the paper's iteration F = α S F + (1 - α) Y up to 1 - α", () => {
  const graph = graphOfEdges(5, [
    [0, 2],
    [2, 3],
    [3, 1],
    [3, 4],
  ]);
  const alpha = 0.8;
  const reached = spread(graph, { labels: Int32Array.of(0, 1), ways: 2, alpha });
  const degree = [1, 1, 2, 3, 1];
  let f = [
    [1, 0],
    [0, 1],
    [0, 0],
    [0, 0],
    [0, 0],
  ];
  for (let step = 0; step < 500; step++)
    f = f.map((_, i) =>
      [0, 1].map((c) => {
        let sum = 0;
        for (let at = graph.starts[i]!; at < graph.starts[i + 1]!; at++) {
          const j = graph.columns[at]!;
          sum += f[j]![c]! / Math.sqrt(degree[i]! * degree[j]!);
        }
        return alpha * sum + (1 - alpha) * (i === c && i < 2 ? 1 : 0);
      }),
    );
  f.slice(2).forEach((row, i) =>
    row.forEach((v, c) => expect(reached.data[2 * i + c]! * (1 - alpha)).toBeCloseTo(v, 6)),
  );
});

test("class masses become those of the labelled images and ten more of each class", () => {
  // columns sum to 0.8 and 0.4, classes to 11 and 22: the weights are 1 / 0.8 and 2 / 0.4
  const labels = Int32Array.of(0, ...new Array<number>(12).fill(1));
  const reached = matrixOf([
    [0.6, 0.2],
    [0.2, 0.2],
    [0, 0],
  ]);
  const out = normaliseMass(reached, { labels, ways: 2 });
  [0.75 / 1.75, 1 / 1.75, 0.25 / 1.25, 1 / 1.25, 0, 0].forEach((f, at) => expect(out.data[at]).toBeCloseTo(f, 6));
});

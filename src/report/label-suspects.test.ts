import { expect, it } from "vitest";
import type { OutOfFold } from "../evaluate/evidence.ts";
import { labelSuspects } from "./label-suspects.ts";

const judged = (label: number, probabilities: number[], votes: number[]): OutOfFold => ({
  label,
  predicted: probabilities.indexOf(Math.max(...probabilities)),
  votes,
  probabilities,
  unknownScore: 0,
});

it("suspects confident contradictions on which all repeats agree, most doubtful first", () => {
  // Thresholds: class 0 (0.9 + 0.8 + 0.1 + 0.35) / 4 = 0.54; class 1 (0.9 + 0.7 + 0.2 + 0.3) / 4 = 0.525.
  const rows = [
    judged(0, [0.9, 0.1], [0, 0]),
    judged(0, [0.8, 0.2], [0, 0]),
    judged(0, [0.1, 0.9], [1, 1]), // suspect, margin 0.8
    judged(0, [0.35, 0.65], [1, 0]), // one repeat agreed with the label
    judged(1, [0.1, 0.9], [1, 1]),
    judged(1, [0.3, 0.7], [1, 1]),
    judged(1, [0.8, 0.2], [0, 0]), // suspect, margin 0.6
    judged(1, [0.7, 0.3], [0, 0]), // suspect, margin 0.4
  ];
  expect(labelSuspects(rows, 2).map(({ row, suggested }) => [row, suggested])).toEqual([
    [2, 1],
    [6, 0],
    [7, 0],
  ]);
});

it("counts of a sample the images asked alone, and suspects none to be of a class that was not", () => {
  const kept = (label: number, classes: number[], probabilities: number[]): OutOfFold => ({
    ...judged(label, probabilities, [classes[0]!]),
    predicted: classes[0]!,
    classes,
  });
  const left = { ...judged(7, [], []), predicted: 7 };
  const rows = [
    left,
    kept(7, [7, 3], [0.8, 0.2]),
    kept(3, [7, 3], [0.9, 0.1]), // as sure of 7 as images of 7 are
    kept(3, [7, 3], [0.6, 0.4]), // less so
    kept(3, [5, 3], [0.9, 0.1]), // nothing is known of how sure images of 5 are
  ];
  expect(labelSuspects(rows, 8)).toEqual([{ row: 2, suggested: 7, margin: 0.8 }]);
});

it("does not suspect an unsure contradiction", () => {
  const rows = [judged(0, [0.9, 0.1], [0]), judged(1, [0.1, 0.9], [1]), judged(1, [0.55, 0.45], [0])];
  expect(labelSuspects(rows, 2)).toEqual([]);
});

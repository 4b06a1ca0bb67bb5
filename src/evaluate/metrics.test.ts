import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrixOf } from "../base/matrix.ts";
import {
  accuracyOf,
  balancedAccuracyOf,
  confusionOf,
  expectedCalibrationError,
  precisionsOf,
  predictedLabels,
  recallsOf,
  reliabilityBins,
  tableOf,
} from "./metrics.ts";

// 3 cats: 2 right, 1 taken for a dog; 2 dogs: 1 right, 1 taken for a cat; 1 owl: taken for a dog.
const labels = [0, 0, 0, 1, 1, 2];
const predicted = [0, 0, 1, 1, 0, 1];
const table = [
  [2, 1, 0],
  [1, 1, 0],
  [0, 1, 0],
];
const confusion = confusionOf(labels, [predicted], 3);

describe("confusionOf", () => {
  it("counts images by truth and prediction, and holds no pair of classes without images", () => {
    expect(tableOf(confusion)).toEqual(table);
    expect(confusion.map((row) => [...row])).toEqual([
      [
        [0, 2],
        [1, 1],
      ],
      [
        [0, 1],
        [1, 1],
      ],
      [[1, 1]],
    ]);
  });

  it("means repeats, and passes over images without an answer", () => {
    const once = [1, -1, 1];
    expect(tableOf(confusionOf([0, 0, 1], [once, once], 2))).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(tableOf(confusionOf([0, 1], [Int32Array.of(0, 1), Int32Array.of(1, 1)], 2))).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
  });
});

describe("shares of a confusion matrix", () => {
  it("are those worked by hand", () => {
    expect(accuracyOf(confusion)).toBe(3 / 6);
    expect(recallsOf(confusion)).toEqual([2 / 3, 1 / 2, 0]);
    expect(precisionsOf(confusion)).toEqual([2 / 3, 1 / 3, null]);
    expect(balancedAccuracyOf(confusion)).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 14);
  });

  it("say null for a class without images, and leave it out of the balanced accuracy", () => {
    const withEmpty = confusionOf([0, 0, 0, 0], [[0, 0, 0, 1]], 2);
    expect(recallsOf(withEmpty)).toEqual([3 / 4, null]);
    expect(precisionsOf(withEmpty)).toEqual([1, 0]);
    expect(balancedAccuracyOf(withEmpty)).toBe(3 / 4);
    expect(accuracyOf(confusionOf([], [[]], 1))).toBeNaN();
  });

  it("make balanced accuracy and accuracy equal where classes are of one size", () => {
    const pairs = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(pairs, (rows) => {
        // one image of each of the classes 0, 1 and 2 a row
        const counts = confusionOf(
          rows.flatMap(() => [0, 1, 2]),
          [rows.flat()],
          4,
        );
        expect(balancedAccuracyOf(counts)).toBeCloseTo(accuracyOf(counts), 12);
        expect(accuracyOf(counts)).toBeCloseTo(
          rows.flatMap((row) => row.filter((p, c) => p === c)).length / (3 * rows.length),
          12,
        );
      }),
    );
  });
});

describe("predictedLabels", () => {
  it("names the highest column of every row, of equals the first", () => {
    const scores = matrixOf([
      [-3, -1, -2],
      [5, 5, 1],
      [0, 1, 1],
    ]);
    expect([...predictedLabels(scores)]).toEqual([1, 0, 1]);
  });
});

describe("reliabilityBins", () => {
  const predictions = [
    { confidence: 0.95, right: true },
    { confidence: 0.91, right: false },
    { confidence: 1, right: true },
    { confidence: 0.55, right: false },
    { confidence: 0.51, right: true },
  ];

  it("puts certainty into the last bin, with means and shares by hand", () => {
    const bins = reliabilityBins(predictions);
    expect(bins.map((bin) => bin.images)).toEqual([0, 0, 0, 0, 0, 2, 0, 0, 0, 3]);
    expect(bins[9]).toMatchObject({ low: 0.9, high: 1, accuracy: 2 / 3 });
    expect(bins[9]!.confidence).toBeCloseTo((0.95 + 0.91 + 1) / 3, 14);
    expect(bins[5]).toMatchObject({ low: 0.5, high: 0.6, accuracy: 1 / 2 });
    expect(bins[0]).toEqual({ low: 0, high: 0.1, images: 0, confidence: null, accuracy: null });
  });

  it("counts images, not predictions, where each is repeated", () => {
    const bins = reliabilityBins([...predictions, ...predictions], 1 / 2);
    expect(bins).toEqual(reliabilityBins(predictions));
  });

  it("gives the calibration error worked by hand", () => {
    // last bin: |2.86 / 3 - 2 / 3| for 3 of 5 images; sixth: |0.53 - 0.5| for 2 of 5
    const wanted = (3 / 5) * (0.86 / 3) + (2 / 5) * 0.03;
    expect(expectedCalibrationError(reliabilityBins(predictions))).toBeCloseTo(wanted, 12);
  });

  it("gives no error where confidence is accuracy, and the whole gap where all is wrong", () => {
    const honest = Array.from({ length: 4 }, (_, i) => ({ confidence: 0.75, right: i > 0 }));
    expect(expectedCalibrationError(reliabilityBins(honest))).toBeCloseTo(0, 14);
    const wrong = [{ confidence: 0.99, right: false }];
    expect(expectedCalibrationError(reliabilityBins(wrong))).toBeCloseTo(0.99, 14);
  });
});

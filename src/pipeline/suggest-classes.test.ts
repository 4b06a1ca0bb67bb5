import { describe, expect, it } from "vitest";
import type { RunMetrics } from "./run-metrics.ts";
import { suggestClasses } from "./suggest-classes.ts";

const labels = ["bolt", "nut", "rivet"];
const metadata = {
  labels,
  dataset: { version: "", counts: [9, 3, 9] },
  thresholds: { unknown: 0.5, setProbability: null, setLevel: 0.9 },
};
const classOf = (name: string, value: number, [low, high]: readonly [number, number], images = 3) => ({
  name,
  images,
  recall: { value, interval: { low, high } },
  mostlyTakenFor: null,
});
const said = (label: number, probabilities: number[], unknownScore = 0) => ({
  label,
  predicted: probabilities.indexOf(Math.max(...probabilities)),
  probabilities,
  unknownScore,
});
const metrics: RunMetrics = {
  evidence: {
    images: 9,
    accuracy: { value: 0.8, interval: null },
    learningCurve: {
      forecast: [{ factor: 2, accuracy: { value: 0.9, interval: { low: 0.8, high: 0.95 } } }],
    },
    classes: [classOf("bolt", 1, [0.9, 1]), classOf("nut", 0.33, [0.02, 0.9]), classOf("rivet", 1, [0.4, 1])],
    outOfFold: [
      said(0, [0.9, 0.05, 0.05]),
      said(1, [0.6, 0.3, 0.1]),
      said(1, [0.7, 0.1, 0.2]),
      said(1, [0.1, 0.8, 0.1]),
      said(2, [0.1, 0.1, 0.8], 0.9),
      said(2, [0.1, 0.1, 0.8]),
    ],
  },
  images: ["b1", "n1", "n2", "n3", "r1", "r2"],
};

describe("classes that need photos", () => {
  it("come by the lower end of their recall, with the photos to look for: worked by hand", () => {
    const { classes, gain } = suggestClasses(metadata, metrics);
    expect(classes.map(({ name }) => name)).toEqual(["nut", "rivet"]);
    expect(classes[0]!.kinds).toEqual(["that set it apart from bolt, for which 2 of 3 were taken (n2, n1)"]);
    expect(classes[1]!.kinds).toEqual(["like those that stand apart from its others (r1)"]);
    expect(gain!.value).toBeCloseTo(0.1, 10);
  });

  it("of which nothing can be said are asked for unlike photos", () => {
    const calm = { ...metrics.evidence, outOfFold: [said(2, [0.1, 0.1, 0.8]), said(2, [0.1, 0.1, 0.8])] };
    const { classes } = suggestClasses(metadata, { ...metrics, evidence: calm });
    expect(classes[1]!.kinds).toEqual(["of any kind, unlike each other: 2 photos tell its recall too loosely"]);
  });

  it("are those with the fewest photos where the model stands alone, or the metrics are of other classes", () => {
    const other = { ...metrics.evidence, classes: [classOf("screw", 0.5, [0.1, 0.9])] };
    for (const beside of [null, { ...metrics, evidence: other }])
      expect(suggestClasses(metadata, beside).classes).toEqual([{ name: "nut", photos: 3, recall: null, kinds: [] }]);
  });
});

import { describe, expect, it } from "vitest";
import { semiMethods, teachingOf } from "./semi-methods.ts";

describe("methods of learning from unlabelled photos, by name", () => {
  it("takes those that compete for auto, and one by its name, with its options changed", () => {
    expect(semiMethods("auto").map(({ method }) => method.name)).toEqual(["label-propagation", "self-training"]);
    const [one] = semiMethods("self-training", { threshold: "0.8", selection: "random" });
    expect(one!.options).toMatchObject({ threshold: 0.8, selection: "random", quota: 10 });
  });

  it("refuses unknown names and options, words for numbers, and options of auto", () => {
    expect(() => semiMethods("self-traning")).toThrow(/self-training/);
    expect(() => semiMethods("self-training", { treshold: "0.8" })).toThrow(/threshold/);
    expect(() => semiMethods("self-training", { threshold: "high" })).toThrow(
      'threshold of self-training: wanted a number, got "high"',
    );
    expect(() => semiMethods("auto", { threshold: "0.8" })).toThrow(/one method/);
    expect(() => teachingOf("fixmatch", "none", { ratio: "0.5" })).toThrow(/ratio of fixmatch: wanted a whole number/);
  });

  it("teaches a network by its own method, or by the labels of the one that proved a gain, or not at all", () => {
    expect(teachingOf("fixmatch", "none", { weight: "2" })).toMatchObject({
      name: "fixmatch",
      consistency: { options: { weight: 2 } },
      labelling: null,
    });
    expect(teachingOf("auto", "self-training")).toMatchObject({ name: "self-training", consistency: null });
    expect(teachingOf("auto", "none")).toBeNull();
  });
});

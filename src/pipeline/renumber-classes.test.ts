import { describe, expect, it } from "vitest";
import { checkClassName, classAt, withMerged, withNewName, withoutClass } from "./renumber-classes.ts";

const labels = ["bolt", "nut", "washer"];

describe("classes numbered anew", () => {
  it("without one", () =>
    expect(withoutClass(labels, "nut")).toEqual({ labels: ["bolt", "washer"], becomes: [0, -1, 1] }));
  it("with another name", () =>
    expect(withNewName(labels, "nut", "hex nut")).toEqual({
      labels: ["bolt", "hex nut", "washer"],
      becomes: [0, 1, 2],
    }));
  it.each([
    [["nut", "washer"], "small", ["bolt", "small"], [0, 1, 1]],
    [["washer", "bolt"], "washer", ["washer", "nut"], [0, 1, 0]],
  ])("with %j as %s", (names, into, kept, becomes) =>
    expect(withMerged(labels, names, into)).toEqual({ labels: kept, becomes }),
  );
});

describe("refused", () => {
  it.each<[string, () => unknown, string, RegExp]>([
    [
      "an unknown class",
      () => classAt(labels, "wascher"),
      "E_OPTION",
      /unknown class "wascher"; known: bolt, nut, washer/,
    ],
    ["one of the last two", () => withoutClass(["a", "b"], "a"), "E_ONE_CLASS", /would leave one class/],
    ["all in one", () => withMerged(["a", "b"], ["a", "b"], "c"), "E_ONE_CLASS", /would leave one class/],
    ["a class with itself", () => withMerged(labels, ["nut", "nut"], "nut"), "E_OPTION", /each once, got "nut", "nut"/],
    ["a class alone", () => withMerged(labels, ["nut"], "nut"), "E_OPTION", /two or more classes/],
    ["into a third one", () => withMerged(labels, ["nut", "bolt"], "washer"), "E_CLASS_EXISTS", /"washer" already/],
    ["a name that is taken", () => withNewName(labels, "nut", "bolt"), "E_CLASS_EXISTS", /"bolt" already/],
    ["no name", () => checkClassName(" ", labels), "E_CLASS_NAME", /wanted a text/],
    ["markup", () => checkClassName("<b>x</b>", labels), "E_CLASS_NAME", /without markup/],
  ])("%s", (_, run, code, message) => {
    expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  });
});

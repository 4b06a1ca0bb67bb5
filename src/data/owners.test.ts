import { describe, expect, it } from "vitest";
import { dicomFile, niftiFile } from "../../test/fixtures/medical.ts";
import type { DataSet, Split } from "./dataset.ts";
import { createOwners, ownerPairs, ownerWarnings } from "./owners.ts";

const of = (PatientID: string | undefined, StudyInstanceUID = "1.2"): Buffer =>
  dicomFile([2, 1], [new Uint16Array(2)], { StudyInstanceUID, ...(PatientID !== undefined && { PatientID }) });

const withSplits = (splits: readonly (Split | null)[]): DataSet =>
  ({ items: splits.map((split) => ({ split })) }) as unknown as DataSet;

describe("patients", () => {
  it("are told apart by their identifier, whatever the study, else by the study", async () => {
    const owners = createOwners();
    const numbers = [];
    for (const file of [of("A", "1.1"), of("B"), of("A", "1.9"), of(undefined, "1.1"), of(undefined, "1.1")])
      numbers.push(await owners.of(file));
    expect(numbers).toEqual([0, 1, 0, 2, 2]);
    expect(await owners.of(niftiFile([1, 1, 1], [0]))).toBe(-1);
    expect(await owners.of(dicomFile([2, 1], [new Uint16Array(2)]))).toBe(-1);
  });

  it("have their images joined to the first of them", () => {
    const pairs = ownerPairs(Int32Array.of(0, -1, 1, 0, 0, -1));
    expect(pairs.map(({ a, b }) => [a, b])).toEqual([
      [0, 3],
      [0, 4],
    ]);
  });

  it("on two sides of a split are counted", () => {
    const dataset = withSplits(["train", "test", "train", "test"]);
    expect(ownerWarnings(dataset, Int32Array.of(0, 0, 1, 2)).map(({ message }) => message)).toEqual([
      "1 patient has images in more than one of training, validation and test",
    ]);
    expect(ownerWarnings(dataset, Int32Array.of(0, 1, 0, 1))).toEqual([]);
  });

  it("all of one identifier are none: an anonymiser's placeholder", () => {
    const same = Int32Array.of(0, 0, 0);
    expect(ownerPairs(same)).toEqual([]);
    expect(ownerWarnings(withSplits([null, null, null]), same)[0]!.code).toBe("W_ONE_PATIENT");
    expect(ownerPairs(Int32Array.of(0, 0, -1))).toHaveLength(1);
  });
});

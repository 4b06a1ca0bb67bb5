import { describe, expect, it } from "vitest";
import { matrixOf } from "../base/matrix.ts";
import type { DataSet } from "../data/dataset.ts";
import type { SyntheticMarker } from "../data/synthetic.ts";
import type { Embedded } from "./embed.ts";
import type { SelectedPhotos } from "./select-photos.ts";
import { describeSynthetic, syntheticPictures } from "./synthetic-pictures.ts";

const hash = (n: number): string => n.toString(16).padStart(64, "0");

/** Four training photos of two classes, of which the first two are one scene, and one photo of the test folder. */
const lesson = {
  classes: ["a", "b"],
  keys: [0, 1, 2, 3].map(hash),
  selected: {
    training: {
      items: [0, 1, 2, 3],
      features: matrixOf([
        [9, 1, 0, 0],
        [9, 1.1, 0, 0],
        [0, 9, 1, 0],
        [0, 0, 9, 1],
      ]),
      labels: Int32Array.from([0, 0, 1, 1]),
      groups: Int32Array.from([0, 0, 1, 2]),
    },
    heldOut: {
      items: [4],
      features: matrixOf([[1, 0, 0, 9]]),
      labels: Int32Array.from([0]),
      groups: Int32Array.from([3]),
    },
  } as unknown as SelectedPhotos,
};

interface Picture {
  readonly name: string;
  /** Number of its photo; null: not in the list. */
  readonly of: number | null;
  readonly features: readonly number[];
}

const match = (pictures: readonly Picture[], marker: Partial<SyntheticMarker> = {}) => {
  const dataset = {
    root: "/made",
    items: pictures.map(({ name }) => ({ name, label: name.split("/")[0]! })),
    skipped: [],
  } as unknown as DataSet;
  const embedded = {
    features: matrixOf(pictures.map(({ features }) => features)),
    indices: pictures.map((_, i) => i),
    audit: { unreadable: [], facts: [] },
  } as unknown as Embedded;
  const listed = pictures.flatMap(({ name, of }) =>
    of === null ? [] : [[name, { source: "any name", sourceSha256: hash(of) }] as const],
  );
  const set = {
    marker: { format: 1, how: "test", options: { k: 1 }, pictures: Object.fromEntries(listed), ...marker } as const,
    dataset,
  };
  return syntheticPictures(set, embedded, lesson);
};

const plain = [1, 2, 3, 4];
const good: Picture = { name: "b/good.png", of: 2, features: plain };

describe("syntheticPictures", () => {
  it("finds the photo of every picture by its bytes, whatever it is called", () => {
    const { made, facts, notes } = match([good, { name: "a/1.png", of: 0, features: [4, 3, 2, 1] }]);
    expect(made).toEqual({
      features: matrixOf([plain, [4, 3, 2, 1]]),
      labels: Int32Array.from([1, 0]),
      source: Int32Array.from([2, 0]),
    });
    expect(facts).toMatchObject({ how: "test", options: { k: 1 }, pictures: 2, photos: 2, leftOut: 0 });
    expect(notes).toEqual([]);
    expect(describeSynthetic(facts)).toBe("2 pictures made from 2 photos (test) helped learning; none was asked about");
  });

  it("takes a picture made into one of another class, in the fold of its photo", () => {
    const { made } = match([{ name: "b/1.png", of: 0, features: plain }]);
    expect({ label: made.labels[0], source: made.source[0] }).toEqual({ label: 1, source: 0 });
  });

  it.each<[string, Picture, string]>([
    ["of a photo of the test folder", { name: "a/x.png", of: 4, features: plain }, "not among those learned from"],
    [
      "of a photo that is gone or changed",
      { name: "a/x.png", of: 77, features: plain },
      "not among those learned from",
    ],
    ["that the list lacks", { name: "a/x.png", of: null, features: plain }, "not in the list"],
    ["of a class no photo shows", { name: "c/x.png", of: 0, features: plain }, "no photo shows their class"],
    ["that copies another photo", { name: "a/x.png", of: 0, features: [0, 18, 2, 0] }, "look like another photo"],
    ["that copies a test photo", { name: "a/x.png", of: 0, features: [1, 0, 0, 9] }, "look like another photo"],
  ])("leaves out a picture %s, with a note", (_, picture, says) => {
    const { made, facts, notes } = match([good, picture]);
    expect([...made.source]).toEqual([2]);
    expect(facts).toMatchObject({ pictures: 1, leftOut: 1 });
    expect(notes).toEqual([expect.stringContaining(says)]);
    expect(notes[0]).toContain(`1 (${picture.name})`);
  });

  it("takes one that looks like its own photo or that photo's scene", () => {
    expect(match([{ name: "a/x.png", of: 0, features: [9, 1.1, 0, 0] }]).facts.pictures).toBe(1);
  });

  it("says which are listed but not there", () => {
    const origin = { source: "s", sourceSha256: hash(0) };
    const { notes } = match([good], {
      pictures: { "b/good.png": { ...origin, sourceSha256: hash(2) }, "a/gone.png": origin },
    });
    expect(notes).toEqual([expect.stringContaining("listed but not there: 1 (a/gone.png)")]);
  });

  it("warns where what made them had learned from the photos asked about", () => {
    expect(match([good], { learned: true }).notes).toEqual([expect.stringContaining("may be too high")]);
  });

  it("refuses a folder none of whose pictures can help", () => {
    expect(() => match([{ name: "a/x.png", of: 77, features: plain }])).toThrow(/none of its pictures can help/);
  });
});

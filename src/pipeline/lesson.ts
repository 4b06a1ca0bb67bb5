import type { DataSet } from "../data/dataset.ts";
import type { Made } from "../evaluate/made.ts";
import type { Backbone } from "./backbone.ts";
import type { Embedded } from "./embed.ts";
import type { SelectedPhotos } from "./select-photos.ts";

/** The photos a model is learned from, their features, and their classes: those that have training photos. */
export interface Lesson {
  readonly backbone: Backbone;
  readonly dataset: DataSet;
  readonly embedded: Embedded;
  readonly selected: SelectedPhotos;
  readonly classes: readonly string[];
  /** Index into `classes` of every training photo. */
  readonly labels: Int32Array;
  /** sha256 of every training photo: its identity. */
  readonly keys: readonly string[];
  /** Index into `classes` of every class of the data set; -1: without a training photo, so it cannot be learned. */
  readonly renumber: Int32Array;
  /** Rows made from training photos: they help learning and are never asked. */
  readonly made?: Made | undefined;
}

/** Numbers the classes that have training photos. */
export const lessonOf = (parts: Omit<Lesson, "classes" | "labels" | "keys" | "renumber">): Lesson => {
  const { dataset, embedded } = parts;
  const { labels, items } = parts.selected.training;
  const present = new Set(labels);
  const renumber = new Int32Array(dataset.classes.length).fill(-1);
  const classes = dataset.classes.filter((_, c) => present.has(c));
  let next = 0;
  for (const c of dataset.classes.keys()) if (present.has(c)) renumber[c] = next++;
  return {
    ...parts,
    classes,
    renumber,
    labels: labels.map((label) => renumber[label]!),
    keys: items.map((item) => embedded.audit.facts[item]!.sha256),
  };
};

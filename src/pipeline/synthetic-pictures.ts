import { dataError } from "../base/errors.ts";
import { stackRows, takeRows, type Matrix } from "../base/matrix.ts";
import type { DataSet } from "../data/dataset.ts";
import { nearDuplicatesByEmbedding } from "../data/duplicates.ts";
import { scanDataset } from "../data/scan.ts";
import { readSyntheticMarker, type SyntheticMarker } from "../data/synthetic.ts";
import type { Made } from "../evaluate/made.ts";
import type { Embedded } from "./embed.ts";
import type { Lesson } from "./lesson.ts";
import { datasetVersion, examples, SAME_SCENE, type SelectedPhotos } from "./select-photos.ts";

/** A folder of made pictures, not yet read. */
export interface SyntheticSet {
  readonly marker: SyntheticMarker;
  readonly dataset: DataSet;
}

/** @throws dataError as `readSyntheticMarker`; E_NO_IMAGES */
export const openSynthetic = async (folder: string): Promise<SyntheticSet> => ({
  marker: await readSyntheticMarker(folder),
  dataset: await scanDataset(folder),
});

/** What is told of made pictures. */
export interface SyntheticFacts extends Pick<SyntheticMarker, "how" | "options"> {
  /** Pictures that helped learning. */
  readonly pictures: number;
  /** How many photos they were made from. */
  readonly photos: number;
  readonly leftOut: number;
  /** Names the folder's content, as `datasetVersion` does. */
  readonly version: string;
}

/** The made pictures that help learning. */
export interface SyntheticPictures {
  readonly made: Made;
  readonly facts: SyntheticFacts;
  /** What was left out and why, and what to beware of, each a sentence. */
  readonly notes: readonly string[];
}

/** For people. */
export const describeSynthetic = ({ how, pictures, photos }: SyntheticFacts): string =>
  `${pictures} pictures made from ${photos} photos (${how}) helped learning; none was asked about`;

interface Candidate {
  readonly name: string;
  /** Row of its features. */
  readonly row: number;
  /** Row of its photo, and index of its class; -1 where there is none. */
  readonly source: number;
  readonly label: number;
  readonly listed: boolean;
}

const candidatesOf = (
  { marker, dataset }: SyntheticSet,
  { indices }: Embedded,
  { keys, classes }: Pick<Lesson, "keys" | "classes">,
): Candidate[] => {
  const photoOf = new Map([...keys].map((key, row) => [key, row]));
  const classOf = new Map(classes.map((name, c) => [name, c]));
  const origins = new Map(Object.entries(marker.pictures));
  return indices.map((item, row) => {
    const { name, label } = dataset.items[item]!;
    const origin = origins.get(name);
    return {
      name,
      row,
      source: (origin && photoOf.get(origin.sourceSha256)) ?? -1,
      label: (label === null ? undefined : classOf.get(label)) ?? -1,
      listed: origin !== undefined,
    };
  });
};

/**
 * Those that look like a photo of another scene than the one they are said to come from: that photo would be known by
 * them when it is asked.
 */
const betrayers = (some: readonly Candidate[], features: Matrix, selected: SelectedPhotos): Set<Candidate> => {
  const { training, heldOut } = selected;
  const photos = heldOut ? [training, heldOut] : [training];
  const groups = photos.flatMap((part) => [...part.groups]);
  const all = stackRows([
    ...photos.map((part) => part.features),
    takeRows(
      features,
      some.map((c) => c.row),
    ),
  ]);
  const pairs = nearDuplicatesByEmbedding(all, SAME_SCENE).filter(
    ({ a, b }) => a < groups.length && b >= groups.length && groups[a] !== groups[some[b - groups.length]!.source],
  );
  return new Set(pairs.map(({ b }) => some[b - groups.length]!));
};

/**
 * Matches made pictures to the photos they were made from, by the hash of the photo's bytes. Left out is what cannot
 * be held out together with its photo: pictures of photos that are not learned from (gone, changed, in the test
 * folder), those that look like another photo; and those of classes without a photo.
 *
 * @param embedded  the pictures
 * @throws dataError E_SYNTHETIC_UNUSED when none is left
 */
export const syntheticPictures = (
  set: SyntheticSet,
  embedded: Embedded,
  lesson: Pick<Lesson, "keys" | "classes" | "selected">,
): SyntheticPictures => {
  const { marker, dataset } = set;
  const all = candidatesOf(set, embedded, lesson);
  const fits = all.filter(({ source, label }) => source >= 0 && label >= 0);
  const strange = betrayers(fits, embedded.features, lesson.selected);
  const kept = fits.filter((one) => !strange.has(one));
  const present = new Set(dataset.items.map(({ name }) => name));
  const reasons: [string, readonly string[]][] = [
    ["not in the list of the folder", all.filter((c) => !c.listed).map((c) => c.name)],
    ["their photo is not among those learned from", all.filter((c) => c.listed && c.source < 0).map((c) => c.name)],
    ["no photo shows their class", all.filter((c) => c.source >= 0 && c.label < 0).map((c) => c.name)],
    ["they look like another photo than their own", [...strange].map((c) => c.name)],
    ["they cannot be read", [...dataset.skipped, ...embedded.audit.unreadable].map(({ name }) => name)],
    ["they are listed but not there", Object.keys(marker.pictures).filter((name) => !present.has(name))],
  ];
  const notes = reasons
    .filter(([, names]) => names.length > 0)
    .map(([reason, names]) => `made pictures left out, ${reason}: ${names.length} (${examples(names)})`);
  if (kept.length === 0)
    throw dataError("E_SYNTHETIC_UNUSED", `${dataset.root}: none of its pictures can help here; ${notes.join("; ")}`, {
      hint: "Give the folder that was made from these very photos, or train without --synthetic.",
    });
  if (marker.learned)
    notes.push(
      `what made the pictures (${marker.how}) had learned from other photos than each one's own, so it knew something of those asked about: the accuracy may be too high; a test folder it never saw tells`,
    );
  const source = Int32Array.from(kept, (c) => c.source);
  return {
    made: {
      features: takeRows(
        embedded.features,
        kept.map((c) => c.row),
      ),
      labels: Int32Array.from(kept, (c) => c.label),
      source,
    },
    facts: {
      how: marker.how,
      options: marker.options,
      pictures: source.length,
      photos: new Set(source).size,
      leftOut: reasons.reduce((sum, [, names]) => sum + names.length, 0),
      version: datasetVersion(dataset, embedded),
    },
    notes,
  };
};

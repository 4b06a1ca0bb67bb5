import type { ArtifactMetadata } from "../artifact/metadata.ts";
import { expectedGain, type ExpectedGain } from "./expected-gain.ts";
import type { RunMetrics } from "./run-metrics.ts";
import { examples, plural } from "./select-photos.ts";

type Figure = NonNullable<RunMetrics["evidence"]["accuracy"]>;

/** A class that needs photos. */
export interface ClassNeed {
  readonly name: string;
  readonly photos: number;
  /** null: not known. */
  readonly recall: Figure | null;
  /** Photos of what kind, each a phrase for people. */
  readonly kinds: readonly string[];
}

export interface ClassNeeds {
  /** The neediest first; none where no class stands out. */
  readonly classes: readonly ClassNeed[];
  /** For people: by what they were told. */
  readonly basis: string;
  /** By as many photos more as there are: null where there is no learning curve. */
  readonly gain: ExpectedGain | null;
}

/** Recall that is known no better than this, or not above it, asks for photos. */
const WANTED_LOW = 0.8;

interface Asked {
  readonly name: string;
  readonly label: number;
  readonly predicted: number;
  readonly truth: number;
  readonly unknownScore: number;
}

const askedOf = ({ evidence: { outOfFold }, images }: RunMetrics): Asked[] =>
  (outOfFold ?? []).map(({ label, predicted, probabilities, classes, unknownScore }, i) => ({
    name: images[i] ?? `photo ${i + 1}`,
    label,
    predicted,
    truth: probabilities[classes ? classes.indexOf(label) : label] ?? 0,
    unknownScore: unknownScore ?? 0,
  }));

/** What kind of photos would help a class: like those that were missed, and like those that stand apart. */
const kindsOf = (
  own: readonly Asked[],
  { labels, limit }: { readonly labels: readonly string[]; readonly limit: number | null },
): string[] => {
  const missed = own.filter(({ label, predicted }) => predicted !== label).sort((a, b) => a.truth - b.truth);
  const byOther = new Map<number, string[]>();
  for (const { predicted, name } of missed) byOther.set(predicted, [...(byOther.get(predicted) ?? []), name]);
  const [most] = [...byOther].sort((a, b) => b[1].length - a[1].length);
  const strange = own
    .filter(({ label, predicted, unknownScore }) => predicted === label && limit !== null && unknownScore > limit)
    .sort((a, b) => b.unknownScore - a.unknownScore);
  const kinds = [];
  if (most)
    kinds.push(
      `that set it apart from ${labels[most[0]]!}, for which ${most[1].length} of ${own.length} were taken (${examples(most[1])})`,
    );
  if (strange.length > 0)
    kinds.push(`like those that stand apart from its others (${examples(strange.map(({ name }) => name))})`);
  if (kinds.length === 0)
    kinds.push(`of any kind, unlike each other: ${plural(own.length, "photo")} tell its recall too loosely`);
  return kinds;
};

/**
 * The classes that need photos, by what the model's run said of photos it had not seen: those whose recall may lie below
 * 80 %, by the lower end of its interval; where the model stands alone, those with the fewest photos.
 */
export const suggestClasses = (
  { labels, dataset, thresholds }: Pick<ArtifactMetadata, "labels" | "dataset" | "thresholds">,
  metrics: RunMetrics | null,
): ClassNeeds => {
  const known = metrics?.evidence.classes ?? [];
  const told = known.flatMap(({ recall, ...one }) =>
    recall?.interval ? [{ ...one, recall, low: recall.interval.low }] : [],
  );
  if (!metrics || told.length === 0 || !labels.every((label, c) => known[c]?.name === label)) {
    const counts = labels.map((name, c) => ({ name, photos: dataset.counts[c]!, recall: null, kinds: [] }));
    const most = Math.max(...dataset.counts);
    const fewer = counts.filter(({ photos }) => photos < most / 2).sort((a, b) => a.photos - b.photos);
    const basis = "the numbers of photos alone, as the evidence of its run is not beside the model";
    return { classes: fewer, basis, gain: null };
  }
  const asked = askedOf(metrics);
  const classes = told
    .filter(({ low }) => low < WANTED_LOW)
    .sort((a, b) => a.low - b.low)
    .map(({ name, images, recall }) => {
      const label = labels.indexOf(name);
      const own = asked.filter((one) => one.label === label);
      return { name, photos: images, recall, kinds: kindsOf(own, { labels, limit: thresholds.unknown }) };
    });
  const gain = expectedGain(metrics, metrics.evidence.images);
  return { classes, basis: "photos that the model had not seen when it was asked about them", gain };
};

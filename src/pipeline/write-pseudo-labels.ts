import { join } from "node:path";
import type { IntensityWindow } from "../base/preprocess.ts";
import { csvRow } from "../data/csv-row.ts";
import type { DataSet } from "../data/dataset.ts";
import { picturePage } from "../report/picture-page.ts";
import { writeWhole } from "./run-folder.ts";
import { thumbnailOf } from "./thumbnail-of.ts";
import type { PseudoLabelled } from "./unlabelled-photos.ts";

/** Pictures shown, at most. */
const SHOWN = 200;

export interface WritePseudoLabelsOptions {
  readonly out: string;
  /** The pool. */
  readonly dataset: DataSet;
  readonly window?: IntensityWindow | undefined;
}

/**
 * Writes the labels that unlabelled photos were given, for people to look through, surest last: `pseudo-labels.csv`, which
 * training takes back with rows changed or taken out, and `pseudo-labels.html` with the pictures.
 */
export const writePseudoLabels = async (
  labels: readonly PseudoLabelled[],
  { out, dataset, window }: WritePseudoLabelsOptions,
): Promise<void> => {
  const sorted = [...labels].sort((a, b) => a.confidence - b.confidence || (a.name < b.name ? -1 : 1));
  const rows = sorted.map(({ name, sha256, label, round, confidence }) =>
    csvRow([name, sha256, label, round, confidence.toFixed(4)]),
  );
  await writeWhole(join(out, "pseudo-labels.csv"), `${["photo,sha256,label,round,confidence", ...rows].join("\n")}\n`);
  const cards = [];
  for (const { name, item, label, round, confidence } of sorted.slice(0, SHOWN)) {
    const text = `${(100 * confidence).toFixed(0)} % sure, round ${round}`;
    cards.push({ picture: await thumbnailOf(dataset, item, window), title: label, text, name });
  }
  const page = picturePage("Labels given to unlabelled photos", [
    {
      heading: `${labels.length} labels${labels.length > SHOWN ? `, the ${SHOWN} least sure` : ""}`,
      lead: "The least sure come first. Change a label in pseudo-labels.csv or take its row out, and train again with --pseudo-labels pseudo-labels.csv.",
      cards,
    },
  ]);
  await writeWhole(join(out, "pseudo-labels.html"), page);
};

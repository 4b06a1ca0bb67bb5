import { join } from "node:path";
import { csvRow } from "../data/csv-row.ts";
import { writeWhole } from "./run-folder.ts";
import type { PseudoLabelled } from "./unlabelled-photos.ts";

/** Writes the labels that unlabelled photos were given, surest last, as `pseudo-labels.csv`: for people to look through. */
export const writePseudoLabels = async (out: string, labels: readonly PseudoLabelled[]): Promise<void> => {
  const rows = [...labels]
    .sort((a, b) => a.confidence - b.confidence || (a.name < b.name ? -1 : 1))
    .map(({ name, label, round, confidence }) => csvRow([name, label, round, confidence.toFixed(4)]));
  await writeWhole(join(out, "pseudo-labels.csv"), `${["photo,label,round,confidence", ...rows].join("\n")}\n`);
};

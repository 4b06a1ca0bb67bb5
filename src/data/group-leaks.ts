import { SPLITS, type DataSet, type Split } from "./dataset.ts";

/** A declared group with photos in several splits. */
export interface GroupLeak {
  readonly group: string;
  /** How many photos each split has of it. */
  readonly photos: Readonly<Partial<Record<Split, number>>>;
}

/** Declared groups (a patient, a part) that straddle the splits a data set comes with. */
export const groupLeaks = ({ items }: DataSet): GroupLeak[] => {
  const counts = new Map<string, Map<Split, number>>();
  for (const { group, split } of items) {
    if (group === null || split === null) continue;
    const own = counts.get(group) ?? new Map<Split, number>();
    counts.set(group, own.set(split, (own.get(split) ?? 0) + 1));
  }
  return [...counts]
    .filter(([, own]) => own.size > 1)
    .map(([group, own]) => ({
      group,
      photos: Object.fromEntries(SPLITS.flatMap((split) => (own.has(split) ? [[split, own.get(split)!]] : []))),
    }));
};

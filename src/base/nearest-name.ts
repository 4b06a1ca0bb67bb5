import { optionError, type HandfulError } from "./errors.ts";

/** Edit distance with insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
const editDistance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
};

/** The known name nearest to what was typed, or undefined where none is near enough to be meant. */
export const nearestName = (typed: string, known: readonly string[]): string | undefined => {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(typed.length / 3)) ? best.name : undefined;
};

/** The error for a name nobody knows: lists the known ones and the nearest. */
export const unknownName = (kind: string, typed: string, known: readonly string[]): HandfulError => {
  const near = nearestName(typed, known);
  return optionError(`unknown ${kind} "${typed}"; known: ${known.join(", ")}`, {
    hint: near ? `Did you mean "${near}"?` : "Choose one of the known names.",
  });
};

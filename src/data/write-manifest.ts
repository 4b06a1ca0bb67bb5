import { csvRow } from "./csv-row.ts";
import type { Item } from "./dataset.ts";

/** Items as lines of a JSONL manifest that `readManifest` reads back, names byte for byte. */
export function* manifestLines(items: Iterable<Item>): Generator<string> {
  for (const { name, label, split, group, columns } of items)
    yield JSON.stringify({
      ...(columns && Object.fromEntries(columns)),
      file_name: name,
      ...(label !== null && { label }),
      ...(split !== null && { split }),
      ...(group !== null && { group }),
    });
}

/** Items as lines of a CSV manifest, the header first, that `readManifest` reads back and spreadsheets leave alone. */
export function* manifestRowsOf(items: readonly Item[]): Generator<string> {
  const further = [...new Set(items.flatMap(({ columns }) => [...(columns?.keys() ?? [])]))].sort();
  const [hasSplit, hasGroup] = [items.some(({ split }) => split !== null), items.some(({ group }) => group !== null)];
  yield csvRow(["file_name", "label", ...(hasSplit ? ["split"] : []), ...(hasGroup ? ["group"] : []), ...further]);
  for (const { name, label, split, group, columns } of items)
    yield csvRow([
      name,
      label,
      ...(hasSplit ? [split] : []),
      ...(hasGroup ? [group] : []),
      ...further.map((column) => columns?.get(column) ?? null),
    ]);
}

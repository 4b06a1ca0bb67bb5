import type { DataFormat } from "../data-format.ts";
import { manifestLines } from "../write-manifest.ts";
import { readScanned } from "../read-scanned.ts";

export const format: DataFormat = {
  name: "jsonl",
  summary: "one JSON object a photo",
  loses: [],
  lists: (items) => [{ name: "labels.jsonl", text: `${[...manifestLines(items)].join("\n")}\n` }],
  read: readScanned,
};

import type { DataFormat } from "../data-format.ts";
import { manifestRowsOf } from "../write-manifest.ts";
import { readScanned } from "../read-scanned.ts";

export const format: DataFormat = {
  name: "csv",
  summary: "a table file_name,label,split,group",
  loses: [],
  lists: (items) => [{ name: "labels.csv", text: `${[...manifestRowsOf(items)].join("\n")}\n` }],
  read: readScanned,
};

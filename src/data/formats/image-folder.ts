import type { DataFormat } from "../data-format.ts";
import { escapeName, unescapeName } from "../names.ts";
import { readScanned } from "../read-scanned.ts";
import { uniqueNames } from "./_unique-names.ts";

/** A label as the name of a folder. */
const folderOf = (label: string): string => escapeName(unescapeName(label) ?? Buffer.from(label));

export const format: DataFormat = {
  name: "imagefolder",
  summary: "one folder a class, splits above them",
  loses: ["group", "columns"],
  place: (items) =>
    uniqueNames(
      items.map(({ name, label, split }) => {
        const folder = `${split === null ? "" : `${split}/`}${label === null ? "" : `${folderOf(label)}/`}`;
        const isThere = label !== null && name.startsWith(folder);
        return isThere ? name : `${folder}${name.slice(name.lastIndexOf("/") + 1)}`;
      }),
    ),
  lists: () => [],
  read: readScanned,
};

export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

/** One image file of a data set, not yet opened. */
export interface Item {
  /** Absolute path, byte for byte: the only way to reach names that are not valid UTF-8. */
  readonly path: Buffer;
  /** Path relative to the data set's root, "/" between folders, printable; see `names.ts` for the escapes. */
  readonly name: string;
  readonly label: string | null;
  readonly split: Split | null;
  /** Declared group: items of one group never straddle a fold. */
  readonly group: string | null;
  /** Further columns of the manifest, by name in lower case. */
  readonly columns?: ReadonlyMap<string, string>;
}

/** Something that looked like an image, or a folder of them, and could not be taken. */
export interface Skipped {
  readonly name: string;
  readonly code: string;
  readonly reason: string;
}

/** Something the person should know that stops nothing. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}

export interface DataSet {
  /** Absolute path of the folder, for display; names of items are relative to it. */
  readonly root: string;
  /** `folders`: class = folder; `splits`: train/val/test above them; `flat`: images without labels. */
  readonly layout: "folders" | "splits" | "manifest" | "flat";
  /** Class names, sorted by code unit, frozen: index = class. Empty folders are not in it. */
  readonly classes: readonly string[];
  /** Sorted by name, whatever order the file system gave. */
  readonly items: readonly Item[];
  /** Images of classes that the training split lacks: left out of `items`, with a warning. */
  readonly dropped?: readonly Item[];
  readonly emptyClasses: readonly string[];
  readonly skipped: readonly Skipped[];
  /** How many files and folders were passed over: hidden, junk, our own outputs, not images. */
  readonly ignored: number;
  /** The first few names of those. */
  readonly ignoredExamples: readonly string[];
  readonly warnings: readonly Warning[];
}

/** Class index of every item; -1 where it has no label. */
export const labelIndices = (dataset: DataSet): Int32Array => {
  const indices = new Map(dataset.classes.map((name, index) => [name, index]));
  return Int32Array.from(dataset.items, (item) => (item.label === null ? -1 : (indices.get(item.label) ?? -1)));
};

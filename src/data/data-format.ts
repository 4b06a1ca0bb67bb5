import type { Item } from "./dataset.ts";

/** Photos as another tool lists them. */
export interface Listing {
  readonly items: readonly Item[];
  /** What was left out or looks odd, each a sentence. */
  readonly notes: readonly string[];
}

/** A photo on its way out: its place in the output is its name. */
export interface PlacedItem extends Item {
  /** Size as seen, in pixels; null where the photo cannot be read. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** A way of listing photos with one label each, as other tools read and write it. */
export interface DataFormat {
  readonly name: string;
  readonly summary: string;
  /** What it cannot carry beside labels. */
  readonly loses: readonly ("group" | "columns")[];
  /** Whether it is always a file, never a folder. */
  readonly needsFile?: true;
  /** Whether sizes of photos are written. */
  readonly needsSize?: true;
  /**
   * Where photos stand in the output, by item, relative, "/" between folders; each name once. Photos keep their names
   * when absent.
   */
  readonly place?: (items: readonly Item[]) => string[];
  /** Lists beside the photos; the first is what `read` is given, or the folder where there is none. */
  readonly lists: (items: readonly PlacedItem[]) => { readonly name: string; readonly text: string }[];
  /**
   * @param path  absolute: a file, or a folder where the format is one
   * @param images  folder that names of photos are relative to, where it is not that of the file
   * @throws E_IMPORT naming the first photos that cannot be taken
   */
  readonly read: (path: string, images?: string) => Promise<Listing>;
}

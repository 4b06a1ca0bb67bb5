import type { Book } from "./book.ts";
import type { Html } from "./html.ts";
import type { View } from "./view.ts";

/** One part of the report. */
export interface Section {
  /** A plain word: the anchor. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences: what is seen, and how to read it. */
  readonly lead: Html | string;
  readonly body: Html;
}

/** Writes a part, or nothing where what it is about is not known. */
export type WriteSection = (view: View, book: Book) => Section | null;

import { picturePage } from "./picture-page.ts";

/** A photo whose label should be looked at. */
export interface DoubtfulLabel {
  readonly kind: "suspect" | "ambiguous" | "contradiction";
  readonly name: string;
  readonly label: string;
  /** "more likely nut", "torn between bolt and nut", "the same as nut/3.jpg, labelled nut". */
  readonly why: string;
  /** How much likelier another class is, in [-1, 1]; the larger, the more doubtful. */
  readonly doubt: number;
  /** `data:` URI; null where the picture cannot be shown. */
  readonly picture: string | null;
}

const TITLES: readonly (readonly [DoubtfulLabel["kind"], string, string])[] = [
  ["contradiction", "The same scene with two labels", "One of the two labels is wrong, or the classes overlap."],
  ["suspect", "Labels that are likely wrong", "Models that had not seen the photo are sure of another class."],
  ["ambiguous", "Photos between two classes", "Models that had not seen the photo are torn: the label may be right."],
];

/** A page of pictures to look at: photos whose labels are in doubt, most doubtful first; it loads nothing. */
export const labelPage = (title: string, doubtful: readonly DoubtfulLabel[]): string =>
  picturePage(
    title,
    TITLES.map(([kind, heading, lead]) => {
      const own = doubtful.filter((one) => one.kind === kind);
      const cards = own.map(({ picture, label, why, name }) => ({ picture, title: label, text: why, name }));
      return { heading: `${heading} (${own.length})`, lead, cards };
    }),
  );

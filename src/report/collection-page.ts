import type { ClassFault, PhotoFault, TagFault } from "../data/collection/check-collection.ts";
import type { BorderShortcut } from "../evaluate/border-shortcut.ts";
import { percent, percentRange } from "./format.ts";
import { picturePage, type Card, type CardSection } from "./picture-page.ts";

/** A photo as the page shows it. */
export interface ShownPhoto {
  readonly name: string;
  readonly label: string | null;
  readonly picture: string | null;
}

/** What was found, with its pictures. */
export interface CollectionInput {
  readonly photos: readonly (PhotoFault & { readonly shown: ShownPhoto })[];
  readonly classes: readonly (ClassFault & { readonly shown: readonly ShownPhoto[] })[];
  readonly tags: readonly TagFault[];
  readonly untagged: readonly {
    readonly tag: string;
    readonly count: number;
    readonly shown: readonly ShownPhoto[];
  }[];
  /** Null where it could not be asked; `shown` are mean borders of classes. */
  readonly border: (BorderShortcut & { readonly isOver: boolean; readonly shown: readonly ShownPhoto[] }) | null;
  /** Faults that are on the page without a picture, for want of room. */
  readonly leftOut: number;
}

const NO_CLASS = "no class";

/** "Too dark (12)" */
const heading = (title: string, count: number): string => `${title[0]!.toUpperCase()}${title.slice(1)} (${count})`;

const cardOf = ({ name, label, picture }: ShownPhoto, text: string): Card => ({
  picture,
  title: label ?? NO_CLASS,
  text,
  name,
});

const groupBy = <T extends { readonly title: string }>(all: readonly T[]): T[][] => {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(one.title, [...(groups.get(one.title) ?? []), one]);
  return [...groups.values()];
};

/** For people: how well the border alone tells the class. */
export const borderText = ({ border, middle, chance }: BorderShortcut): string => {
  const range = border.interval ? ` (${percentRange([border.interval.low, border.interval.high])})` : "";
  return `the border alone tells the class in ${percent(border.value)}${range}, the middle in ${percent(middle.value)}; chance ${percent(chance)}`;
};

export const BORDER_ADVICE =
  "If things end before the border, the place gives the class away: photograph all classes in the same places, or crop. If they fill the photo, raise the limit.";

const borderSection = ({ border }: CollectionInput): CardSection[] =>
  border === null
    ? []
    : [
        {
          heading: border.isOver ? "The border tells the class" : "What the border tells",
          lead: `Here ${borderText(border)}. ${border.isOver ? BORDER_ADVICE : "That is within the limit."} Below, the mean border of each class.`,
          cards: border.shown.map((one) => cardOf(one, "mean border")),
        },
      ];

/** A page of what is not as the specification asks, in pictures, each with what to do about it. */
export const collectionPage = (title: string, input: CollectionInput): string =>
  picturePage(title, [
    ...borderSection(input),
    ...groupBy(input.classes).map((own) => ({
      heading: heading(own[0]!.title, own.length),
      lead: `${own[0]!.advice} ${own.map(({ name, text }) => `${name}: ${text}`).join("; ")}.`,
      cards: own.flatMap(({ shown, text }) => shown.map((one) => cardOf(one, text))),
    })),
    ...(input.tags.length > 0
      ? [
          {
            heading: heading("capture conditions missing", input.tags.length),
            lead: "Take photos under these conditions too, of every class.",
            cards: input.tags.map(({ name, text }) => ({ picture: null, title: name ?? NO_CLASS, text, name: "" })),
          },
        ]
      : []),
    ...input.untagged.map(({ tag, count, shown }) => ({
      heading: heading(`no known value of "${tag}"`, count),
      lead: "Name the file or fill the column as the specification says, or add the value to it.",
      cards: shown.map((one) => cardOf(one, `no ${tag}`)),
    })),
    ...groupBy(input.photos).map((own) => ({
      heading: heading(own[0]!.title, own.length),
      lead: own[0]!.advice,
      cards: own.map(({ shown, text }) => cardOf(shown, text)),
    })),
    ...(input.leftOut > 0
      ? [
          {
            heading: "And more",
            lead: `${input.leftOut} pictures are left out for want of room; --json names all photos.`,
            cards: [],
          },
        ]
      : []),
  ]);

export { csvRow } from "../data/csv-row.ts";

/** Control characters and direction marks made visible: names of files and classes are shown as text, never obeyed. */
export const printable = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** 0.941 -> "94.1 %". */
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;

/** An interval of shares: "88.9-97.3". */
export const percentRange = ({ low, high }: { readonly low: number; readonly high: number }): string =>
  `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)} %`;

/** "1 image", "2 images". */
export const count = (n: number, what: string): string =>
  `${n} ${n === 1 ? what : what.endsWith("y") ? `${what.slice(0, -1)}ies` : what.endsWith("s") ? `${what}es` : `${what}s`}`;

/** The first few of a list, and how many more there are. */
export const firstOf = (items: readonly string[], most: number): string =>
  items.length <= most ? items.join(", ") : `${items.slice(0, most).join(", ")} and ${items.length - most} more`;

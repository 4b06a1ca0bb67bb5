/** Markup that is safe to put on a page as it is; made only by `html`, `join` and `trusted`. */
export interface Html {
  readonly markup: string;
}

/** What may stand in a template: text and numbers are escaped, markup is not, null and undefined leave nothing. */
export type Part = Html | string | number | null | undefined | readonly Html[];

const ESCAPES = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** Text made safe for element content and for quoted attributes: the only place where the report escapes. */
export const escapeText = (text: string): string => visible(text).replace(/[&<>"']/g, (found) => ESCAPES.get(found)!);

/**
 * Characters that are not seen but act, written out: controls, bidirectional overrides and isolates, zero-width
 * signs, byte-order marks, lone surrogates. A file name can then neither reorder the page nor hide in it.
 */
export const visible = (text: string): string =>
  text
    .replace(/[\t\n\r]/g, " ")
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu,
      (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`,
    );

const markupOf = (part: Part): string => {
  if (part === null || part === undefined) return "";
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return escapeText(String(part));
  return "markup" in part ? part.markup : join(part).markup;
};

/** A template whose holes are escaped unless they are markup already. Attributes must be quoted. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: strings.reduce((page, piece, i) => page + markupOf(parts[i - 1]) + piece),
});

/** Markup in a row. */
export const join = (parts: readonly Html[]): Html => ({ markup: parts.map((part) => part.markup).join("") });

/** Markup from a source that has escaped already: the drawing library, our own style sheet and script. */
export const trusted = (markup: string): Html => ({ markup });

/**
 * JSON that can stand inside `<script type="application/json">`: nothing in it can end the element or open a comment,
 * and it parses back to the same value.
 */
export const scriptJson = (value: unknown): Html =>
  trusted(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );

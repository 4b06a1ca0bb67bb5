import { html, type Html } from "./html.ts";

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

const STYLE =
  "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}ul{display:flex;flex-wrap:wrap;gap:1rem;padding:0;list-style:none}li{width:11rem;overflow-wrap:anywhere}img{max-width:100%}";

const cardOf = ({ name, label, why, picture }: DoubtfulLabel): Html =>
  html`<li>
    ${picture === null ? null : html`<img src="${picture}" alt="" />`}<br /><b>${label}</b>: ${why}<br /><small
      >${name}</small
    >
  </li>`;

/** A page of pictures to look at: photos whose labels are in doubt, most doubtful first; it loads nothing. */
export const labelPage = (title: string, doubtful: readonly DoubtfulLabel[]): string => {
  const parts = TITLES.map(([kind, heading, lead]) => {
    const own = doubtful.filter((one) => one.kind === kind);
    return html`<h2>${heading} (${own.length})</h2>
      <p>${lead}</p>
      <ul>
        ${own.map(cardOf)}
      </ul>`;
  });
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta
        http-equiv="Content-Security-Policy"
        content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
      />
      <title>${title}</title>
      <style>
        ${{ markup: STYLE }}
      </style>
    </head>
    <body>
      <h1>${title}</h1>
      ${parts}
    </body>
  </html>`;
  return `<!doctype html>\n${page.markup}\n`;
};

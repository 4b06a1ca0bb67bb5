import { html, type Html } from "./html.ts";
import { stillPage } from "./still-page.ts";

/** One picture to look at. */
export interface Card {
  /** `data:` URI; null where the picture cannot be shown. */
  readonly picture: string | null;
  /** Stands out: the label. */
  readonly title: string;
  readonly text: string;
  /** Small: the file's name. */
  readonly name: string;
}

/** Pictures with one thing in common, and what to do about it. */
export interface CardSection {
  readonly heading: string;
  readonly lead: string;
  readonly cards: readonly Card[];
}

const STYLE =
  "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}ul{display:flex;flex-wrap:wrap;gap:1rem;padding:0;list-style:none}li{width:11rem;overflow-wrap:anywhere}img{max-width:100%}";

const cardOf = ({ picture, title, text, name }: Card): Html =>
  html`<li>
    ${picture === null ? null : html`<img src="${picture}" alt="" />`}<br /><b>${title}</b>: ${text}<br /><small
      >${name}</small
    >
  </li>`;

/** A page of pictures to look at; it loads nothing. */
export const picturePage = (title: string, sections: readonly CardSection[]): string =>
  stillPage({
    title,
    style: STYLE,
    body: html`<h1>${title}</h1>
      ${sections.map(
        ({ heading, lead, cards }) =>
          html`<h2>${heading}</h2>
            <p>${lead}</p>
            <ul>
              ${cards.map(cardOf)}
            </ul>`,
      )}`,
  });

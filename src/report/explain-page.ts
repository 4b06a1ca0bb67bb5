import { colourScale } from "./colour-scale.ts";
import { decimal, percent } from "./format.ts";
import { html, join, type Html } from "./html.ts";
import { stillPage } from "./still-page.ts";

/** A photo with what in it speaks for a class. */
export interface ExplainedPhoto {
  readonly name: string;
  /** The answer; null: unknown. */
  readonly label: string | null;
  readonly likeliest: string;
  readonly probability: number;
  /** The class that the map is of. */
  readonly className: string;
  /** Photo and overlay, as `data:` URIs. */
  readonly photo: string;
  readonly overlay: string;
  /** Whether nothing in the photo speaks for the class. */
  readonly isFlat: boolean;
  /** The most similar training photos, nearest first; picture as `data:` URI where it is at hand. */
  readonly nearest: readonly {
    readonly name: string;
    readonly label: string;
    readonly similarity: number;
    readonly picture: string | null;
  }[];
}

export interface ExplainPage {
  readonly title: string;
  /** How the maps were made, for people. */
  readonly how: string;
  /** Colours of the scale from 0 to the largest, as in CSS. */
  readonly colours: readonly string[];
  readonly photos: readonly ExplainedPhoto[];
}

const STYLE =
  "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.4rem}h2{font-size:1rem;overflow-wrap:anywhere;margin:0 0 .4rem}article{border-top:1px solid #d0d7de;padding:1rem 0;display:grid;grid-template-columns:minmax(0,2fr) minmax(0,1fr);gap:1.2rem}.pair{display:flex;gap:.5rem}.pair img{width:calc(50% - .25rem);border-radius:4px}.near{list-style:none;padding:0;margin:.4rem 0;font-size:.85rem;overflow-wrap:anywhere}.near li{display:flex;gap:.5rem;align-items:center;margin:.2rem 0}.near img{width:3.2rem;border-radius:3px}.scale{display:flex;gap:.6rem;align-items:center}.muted{color:#57606a}svg{border-radius:3px}@media(max-width:44rem){article{grid-template-columns:1fr}}@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}.muted{color:#8b949e}article{border-color:#30363d}}";

const verdict = ({ label, likeliest, probability, className }: ExplainedPhoto): Html => html`
  <p>
    ${
      label === null
        ? html`<b>unknown</b>, likeliest <bdi>${likeliest}</bdi> ${percent(probability, 0)}`
        : html`<b><bdi>${label}</bdi></b> ${percent(probability, 0)}`
    }<br />Map: what speaks for <b><bdi>${className}</bdi></b>
  </p>
`;

const card = (photo: ExplainedPhoto): Html => html`
  <article>
    <div class="pair">
      <img src="${photo.photo}" alt="the photo" />
      <img src="${photo.overlay}" alt="what in it speaks for ${photo.className}" />
    </div>
    <div>
      <h2><bdi>${photo.name}</bdi></h2>
      ${verdict(photo)} ${photo.isFlat ? html`<p>Nothing in the photo speaks for this class.</p>` : null}
      <div class="muted">Nearest training photos</div>
      <ul class="near">
        ${photo.nearest.map(
          ({ name, label, similarity, picture }) =>
            html`<li>
              ${picture === null ? null : html`<img src="${picture}" alt="" />`}
              <span
                ><b><bdi>${label}</bdi></b> ${decimal(similarity, 2)}<br /><bdi>${name}</bdi></span
              >
            </li>`,
        )}
      </ul>
    </div>
  </article>
`;

/** A page of photos with what in each speaks for its class, a scale and the nearest training photos; it loads nothing. */
export const explainPage = ({ title, how, colours, photos }: ExplainPage): string =>
  stillPage({
    title,
    style: STYLE,
    head: html`<meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />`,
    body: html`<h1><bdi>${title}</bdi></h1>
      <p>${how}</p>
      <p class="muted">
        A map says which parts of the photo raised the score of the class in this model. It does not say that the parts
        are the right ones, nor what the model would say without them. Each map has its own scale.
      </p>
      ${colourScale(colours, "scale")} ${join(photos.map(card))}`,
  });

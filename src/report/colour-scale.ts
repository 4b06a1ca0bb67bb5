import { html, join, type Html } from "./html.ts";

/**
 * The legend of maps: from nothing to the most.
 *
 * @param colours  evenly along the scale, as in CSS
 * @param id  a plain word that nothing else on the page is named by
 */
export const colourScale = (colours: readonly string[], id: string): Html => {
  const stops = colours.map(
    (colour, i) => html`<stop offset="${i / (colours.length - 1)}" stop-color="${colour}"></stop>`,
  );
  return html`<p class="scale">
    <span>nothing</span>
    <svg width="160" height="14" role="img" aria-label="from dark blue to yellow">
      <defs>
        <linearGradient id="${id}">${join(stops)}</linearGradient>
      </defs>
      <rect width="160" height="14" fill="url(#${id})"></rect>
    </svg>
    <span>most in the photo</span>
  </p>`;
};

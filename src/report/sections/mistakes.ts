import { caption, type Book } from "../book.ts";
import { count, decimal, name, percent, plural } from "../format.ts";
import { html, join, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import { className, type Judged, type View } from "../view.ts";

const SHOWN = 16;
const NEIGHBOURS = 3;

/** The images the model was most wrong about, each with the training images nearest to it. */
export const writeMistakes: WriteSection = (view, book) => {
  if (!view.judged) return null;
  const wrong = view.judged.filter((row) => row.predicted !== row.label);
  // Largest loss first, -log p(truth); among equals the more confident mistake.
  const worst = wrong.sort((a, b) => a.truth - b.truth || b.probability - a.probability || a.row - b.row);
  const near = view.input.nearest ? " Under each, the training images that look most like it to the model." : "";
  return {
    id: "mistakes",
    title: "Worst mistakes",
    lead:
      worst.length === 0
        ? "No image was mistaken by models that had not seen it. With few images that happens by luck too: read the interval."
        : `${worst.length > SHOWN ? `The ${SHOWN} of ${count(worst.length)} mistakes` : `All ${plural(worst.length, "mistake")}, those`} with the least probability on the truth first.${near} Often the label is wrong, or the photo shows something else.`,
    body: html`<ol class="mistakes">
      ${join(worst.slice(0, SHOWN).map((row) => mistake(view, book, row)))}
    </ol>`,
  };
};

const mistake = (view: View, book: Book, row: Judged): Html => {
  const near = view.input.nearest?.(row.row, NEIGHBOURS) ?? [];
  return html`<li>
    <figure>
      ${book.picture(row, 0)}
      <figcaption>
        <span class="truth">${name(className(view, row.label), 26)}<b>${percent(row.truth, 0)}</b></span>
        <span class="guess">${name(className(view, row.predicted), 26)}<b>${percent(row.probability, 0)}</b></span>
        ${caption(row.name)}
      </figcaption>
    </figure>
    ${near.length > 0 ? html`<div class="near">${join(near.map((one) => neighbour(view, book, one)))}</div>` : null}
  </li>`;
};

const neighbour = (view: View, book: Book, { row, similarity }: { row: number; similarity: number }): Html => {
  const found = view.rows[row];
  return found
    ? html`<figure>
        ${book.picture(found, 0)}
        <figcaption>
          ${name(className(view, found.label), 16)}<span class="note">${decimal(similarity, 2)}</span>
        </figcaption>
      </figure>`
    : html``;
};

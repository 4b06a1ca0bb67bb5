import { galleryButton, type Book, type PictureNote } from "../book.ts";
import { count, name, percent, plural, shortName } from "../format.ts";
import { html, join, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import { className, type Judged, type View } from "../view.ts";

/** Which class is taken for which, with the images behind each number. */
export const writeConfusion: WriteSection = (view, book) => {
  if (!view.judged) return null;
  const small = view.classNames.length <= view.limits.matrixClasses;
  const asked = view.judged.length;
  const how = `${asked < view.rows.length ? `A random sample of ${plural(asked, "image")}` : "Each image"} was judged by models that had not seen it.`;
  return {
    id: "confusion",
    title: "Confusion matrix",
    lead: small
      ? `${how} Rows are the true class, columns the answer; choose a number to see the images behind it. An image counts once, by its mean probability over repeats, so the diagonal can differ a little from the headline.`
      : `${how} With ${count(view.classNames.length)} classes a matrix cannot be read, so the confused pairs are listed, most images first.`,
    body: small ? matrix(view, view.judged, book) : pairList(view, book),
  };
};

/** Images of one cell as the gallery shows them. */
const notes = (view: View, rows: readonly Judged[]): PictureNote[] =>
  rows.map((row) => ({
    item: row.item,
    name: row.name,
    note:
      row.predicted === row.label
        ? `${percent(row.probability, 0)} sure`
        : `${shortName(className(view, row.predicted), 24)} ${percent(row.probability, 0)}, truth ${percent(row.truth, 0)}`,
  }));

const pairTitle = (view: View, label: number, predicted: number): string =>
  label === predicted
    ? `${shortName(className(view, label), 40)}, recognised`
    : `${shortName(className(view, label), 40)} taken for ${shortName(className(view, predicted), 40)}`;

const matrix = (view: View, judged: readonly Judged[], book: Book): Html => {
  const size = view.classNames.length;
  const cells: Judged[][] = Array.from({ length: size * size }, () => []);
  for (const row of judged) cells[row.label * size + row.predicted]!.push(row);
  const line = (label: number): Html => {
    const row = cells.slice(label * size, (label + 1) * size);
    const images = row.reduce((sum, cell) => sum + cell.length, 0);
    return html`<tr>
      <th scope="row">${name(className(view, label), 22)}</th>
      ${row.map((rows, predicted) => cellOf(view, book, { label, predicted, rows, images }))}
      <td class="total">${count(images)}</td>
    </tr>`;
  };
  return html`
    <fieldset class="switch">
      <legend class="hidden">Numbers in the matrix</legend>
      <label><input type="radio" name="matrix" value="counts" checked /> Images</label>
      <label><input type="radio" name="matrix" value="shares" /> Percent of the true class</label>
    </fieldset>
    <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
      <table class="matrix${size > 16 ? " dense" : ""}" id="matrix">
        <caption class="hidden">
          Confusion matrix: rows are the true class, columns the answer
        </caption>
        ${matrixHead(view)}
        <tbody>
          ${join(view.classNames.map((_, label) => line(label)))}
        </tbody>
      </table>
    </div>
    <p class="key" aria-hidden="true">
      right ${shades("right")} &nbsp; wrong ${shades("wrong")}
      <span class="muted">stronger = larger share of the row</span>
    </p>
  `;
};

const matrixHead = (view: View): Html =>
  html`<thead>
    <tr>
      <td class="corner"><span>truth ↓ &nbsp; answer →</span></td>
      ${view.classNames.map((one) => html`<th scope="col"><span>${name(one, 18)}</span></th>`)}
      <th scope="col" class="total"><span>images</span></th>
    </tr>
  </thead>`;

const shades = (kind: string): Html =>
  html`<span class="shades">${[1, 3, 5, 7, 9].map((i) => html`<i class="${kind} s${i}"></i>`)}</span>`;

interface MatrixCell {
  readonly label: number;
  readonly predicted: number;
  readonly rows: readonly Judged[];
  /** Of the whole row. */
  readonly images: number;
}

const cellOf = (view: View, book: Book, { label, predicted, rows, images }: MatrixCell): Html => {
  const right = label === predicted;
  if (rows.length === 0) return html`<td class="none${right ? " right" : ""}">·</td>`;
  const share = rows.length / images;
  const ordered = [...rows].sort((a, b) => (right ? 1 : -1) * (a.probability - b.probability) || a.row - b.row);
  const title = pairTitle(view, label, predicted);
  const gallery = book.gallery(title, notes(view, ordered), right ? 4 : 1);
  const text = html`<span class="counts">${count(rows.length)}</span
    ><span class="shares">${(share * 100).toFixed(0)}</span>`;
  return html`<td class="${right ? "right" : "wrong"} s${Math.min(9, Math.floor(share * 9.99))}">
    ${galleryButton(gallery, text, `${title}: ${plural(rows.length, "image")}, ${percent(share, 0)} of the class`)}
  </td>`;
};

/** Most pairs listed; further ones are said to be left out. */
const MAX_PAIRS = 1000;

const pairList = (view: View, book: Book): Html => {
  const shown = view.pairs.slice(0, MAX_PAIRS);
  const rows = shown.map(({ label, predicted, rows: images, share }) => [
    shortName(className(view, label), 40),
    shortName(className(view, predicted), 40),
    { text: count(images.length), gallery: book.gallery(pairTitle(view, label, predicted), notes(view, images), 2) },
    percent(share, 0),
  ]);
  const left = view.pairs.length - shown.length;
  return html`
    ${book.table({
      id: "confused-pairs",
      caption: "Confused pairs of classes, most images first",
      columns: [
        { title: "Truth", kind: "text" },
        { title: "Taken for", kind: "text" },
        { title: "Images", kind: "number" },
        { title: "Of the true class", kind: "number" },
      ],
      rows,
    })}
    ${left > 0 ? html`<p class="muted">${plural(left, "further pair")} not shown.</p>` : null}
  `;
};

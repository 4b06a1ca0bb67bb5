import { html, join, type Html } from "./html.ts";
import { baseName, count, name, shortName } from "./format.ts";
import type { LoadedThumbnails, ThumbnailWishes } from "./thumbnails.ts";

/** What stands in a cell of a table: plain text, or text that opens a gallery. */
export type Cell = string | { readonly text: string; readonly gallery: number };

export interface Table {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly { readonly title: string; readonly kind: "text" | "number" }[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows shown at once; default 25. */
  readonly pageSize?: number;
}

export interface PictureNote {
  readonly item: number;
  readonly name: string;
  readonly note: string;
}

/** A figure's numbers behind one point that can be pointed at. */
export interface Point {
  readonly item: number;
  readonly name: string;
  readonly note: string;
  /** Group the point belongs to, as in the legend. */
  readonly group: number;
}

/** Most images one gallery shows. */
const GALLERY_IMAGES = 60;
/** Most gallery entries of the whole page. */
const GALLERY_ENTRIES = 8000;

/**
 * Gathers what the page's script needs while the sections are written: galleries behind cells, further pages of
 * tables, points of the map. All of it is text, shown as text.
 */
export interface Book {
  /** A place for an image, filled from the thumbnails. `priority` 0 = most wanted. */
  picture(image: Omit<PictureNote, "note">, priority: number): Html;
  /** Images that open from a cell or button; returns the gallery's number. */
  gallery(title: string, images: readonly PictureNote[], priority: number): number;
  /** A table; rows beyond the first page are turned to by the script. */
  table(table: Table): Html;
  points(chart: string, series: readonly (readonly Point[])[], priority: number): void;
  /** What goes into the page as JSON. */
  data(thumbnails: LoadedThumbnails): PageData;
}

/** The page's data: plain arrays, so that no name ever becomes a key. */
export interface PageData {
  readonly names: readonly (readonly [item: number, name: string])[];
  readonly thumbnails: readonly (readonly [item: number, uri: string, width: number, height: number])[];
  readonly galleries: readonly {
    readonly title: string;
    readonly images: readonly (readonly [item: number, note: string])[];
    readonly more: number;
  }[];
  readonly tables: readonly { readonly id: string; readonly pageSize: number; readonly rows: readonly Cell[][] }[];
  readonly charts: readonly {
    readonly id: string;
    readonly series: readonly (readonly (readonly [item: number, group: number, note: string])[])[];
  }[];
}

export const createBook = (wishes: ThumbnailWishes): Book => {
  const names = new Map<number, string>();
  const galleries: PageData["galleries"][number][] = [];
  const tables: PageData["tables"][number][] = [];
  const charts: PageData["charts"][number][] = [];
  let room = GALLERY_ENTRIES;
  const know = (image: { item: number; name: string }): number => {
    if (!names.has(image.item)) names.set(image.item, shortName(image.name, 80));
    return image.item;
  };
  return {
    picture(image, priority) {
      wishes.want([know(image)], priority);
      return html`<span class="picture" data-image="${image.item}"></span>`;
    },
    gallery(title, images, priority) {
      const shown = images.slice(0, Math.min(GALLERY_IMAGES, room));
      room -= shown.length;
      wishes.want(shown.map(know), priority);
      galleries.push({
        title,
        images: shown.map(({ item, note }) => [item, note]),
        more: images.length - shown.length,
      });
      return galleries.length - 1;
    },
    table(table) {
      const pageSize = table.pageSize ?? 25;
      if (table.rows.length > pageSize)
        tables.push({ id: table.id, pageSize, rows: table.rows.map((row) => [...row]) });
      return tableMarkup(table, pageSize);
    },
    points(id, series, priority) {
      for (const point of series.flat()) wishes.want([know(point)], priority);
      charts.push({ id, series: series.map((points) => points.map((p) => [p.item, p.group, p.note])) });
    },
    data: (thumbnails) => ({ names: [...names], thumbnails: entries(thumbnails), galleries, tables, charts }),
  };
};

const entries = ({ images }: LoadedThumbnails): PageData["thumbnails"] =>
  [...images].map(([item, one]) => [item, one.uri, one.width, one.height]);

const cellMarkup = (cell: Cell): Html =>
  typeof cell === "string"
    ? html`<bdi>${cell}</bdi>`
    : html`<button type="button" class="open" data-gallery="${cell.gallery}">${cell.text}</button>`;

const tableMarkup = ({ id, caption, columns, rows }: Table, pageSize: number): Html => html`
  <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table id="${id}">
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" class="${column.kind}">${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, pageSize).map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => html`<td class="${columns[i]?.kind ?? "text"}">${cellMarkup(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>
  ${
    rows.length > pageSize
      ? html`<p class="pager" data-pager="${id}">
          <button type="button" data-step="-1" disabled>Previous</button>
          <span aria-live="polite">1–${pageSize} of ${count(rows.length)}</span>
          <button type="button" data-step="1">Next</button>
        </p>`
      : null
  }
`;

/** A button that opens a gallery. */
export const galleryButton = (gallery: number, text: Html | string, label: string): Html =>
  html`<button type="button" class="open" data-gallery="${gallery}" aria-label="${label}">${text}</button>`;

/** Name and value pairs. */
export const facts = (pairs: readonly (readonly [string, Html | string])[]): Html => html`
  <dl class="facts">
    ${join(
      pairs.map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${value}</dd>
          </div>`,
      ),
    )}
  </dl>
`;

/** Under a picture: the file's name, without its folders, which the label mostly repeats. */
export const caption = (fileName: string): Html => html`<span class="file">${name(baseName(fileName), 36)}</span>`;

import { galleryButton, type Book } from "../book.ts";
import { name, percent, plural, shortName } from "../format.ts";
import { html, join, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import { className, type ConfusedPair, type View } from "../view.ts";

const SHOWN = 6;

/** The pairs of classes confused most, both ways together, with images of each side. */
export const writePairs: WriteSection = (view, book) => {
  const pairs = bothWays(view).slice(0, SHOWN);
  if (pairs.length === 0) return null;
  return {
    id: "pairs",
    title: "Most confused pairs",
    lead: "Both directions together. More photos of just these classes, or of what tells them apart, help most.",
    body: html`<ol class="pairs">
      ${join(pairs.map((pair) => strip(view, book, pair)))}
    </ol>`,
  };
};

interface TwoWay {
  readonly images: number;
  /** The direction with more images first. */
  readonly ways: readonly ConfusedPair[];
}

const bothWays = (view: View): TwoWay[] => {
  const joined = new Map<number, ConfusedPair[]>();
  for (const pair of view.pairs) {
    const low = Math.min(pair.label, pair.predicted);
    const key = low * view.classNames.length + Math.max(pair.label, pair.predicted);
    joined.set(key, [...(joined.get(key) ?? []), pair]);
  }
  return [...joined.values()]
    .map((ways) => ({ ways, images: ways.reduce((sum, way) => sum + way.rows.length, 0) }))
    .sort((a, b) => b.images - a.images);
};

const strip = (view: View, book: Book, { ways, images }: TwoWay): Html => {
  const [first] = ways;
  if (!first) return html``;
  return html`<li>
    <h3>${name(className(view, first.label), 32)} and ${name(className(view, first.predicted), 32)}</h3>
    <p class="muted">${plural(images, "image")} confused</p>
    ${join(ways.map((way) => direction(view, book, way)))}
  </li>`;
};

const direction = (view: View, book: Book, { label, predicted, rows, share }: ConfusedPair): Html => {
  const title = `${shortName(className(view, label), 40)} taken for ${shortName(className(view, predicted), 40)}`;
  const notes = rows.map((row) => ({ ...row, note: `${percent(row.probability, 0)}, truth ${percent(row.truth, 0)}` }));
  const gallery = book.gallery(title, notes, 2);
  return html`<div class="direction">
    <p>
      ${name(className(view, label), 26)} → ${name(className(view, predicted), 26)}:
      ${galleryButton(gallery, plural(rows.length, "image"), `${title}: show ${plural(rows.length, "image")}`)}
      <span class="muted">${percent(share, 0)} of the class</span>
    </p>
    <div class="strip">${join(rows.slice(0, 5).map((row) => book.picture(row, 1)))}</div>
  </div>`;
};

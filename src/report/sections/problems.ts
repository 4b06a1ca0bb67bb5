import type { Pair } from "../../data/duplicates.ts";
import type { Book } from "../book.ts";
import { decimal, name, plural, shortName } from "../format.ts";
import { html, join, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import type { View } from "../view.ts";

/** What is wrong with the files: conflicts, leaks, duplicates, unreadable and odd ones. */
export const writeProblems: WriteSection = (view, book) => {
  const { audit } = view.input;
  const parts = [conflicts(view, book), leaks(view, book), exact(view, book), near(view, book)];
  const lists = [unreadable(view, book), odd(view, book)];
  const found = [...parts, ...lists].some((part) => part !== null);
  return {
    id: "problems",
    title: "Duplicates, conflicts, unreadable files",
    lead: found
      ? "Copies and near copies are kept on one side of every split, so they do not flatter the figures above."
      : `None found in ${plural(audit.facts.length, "file")}.`,
    body: html`${join([...parts, ...lists].flatMap((part) => (part ? [part] : [])))}`,
  };
};

/** Groups of pictures shown of one kind. */
const SHOWN = 12;
/** Pictures shown of one group. */
const MEMBERS = 4;

const itemPicture = (view: View, book: Book, item: number): Html => {
  const found = view.input.dataset.items[item];
  if (!found) return html``;
  return html`<figure>
    ${book.picture({ item, name: found.name }, 2)}
    <figcaption>
      ${found.label === null ? null : name(found.label, 20)}
      <span class="file">${name(found.name, 36)}</span>
      ${found.split === null ? null : html`<span class="note">${found.split}</span>`}
    </figcaption>
  </figure>`;
};

const groupItem = (view: View, book: Book, group: readonly number[], note = ""): Html =>
  html`<li>
    ${join(group.slice(0, MEMBERS).map((item) => itemPicture(view, book, item)))}
    ${group.length > MEMBERS ? html`<span class="muted">and ${plural(group.length - MEMBERS, "more", "more")}</span>` : null}
    ${note ? html`<span class="muted">${note}</span>` : null}
  </li>`;

interface Part {
  readonly title: string;
  readonly text: string;
  readonly total: number;
  readonly items: readonly Html[];
}

const part = ({ title, text, total, items }: Part): Html | null =>
  total === 0
    ? null
    : html`<h3>${title} <span class="muted">${total}</span></h3>
        <p class="muted">${text}${total > items.length ? ` The first ${items.length} are shown.` : ""}</p>
        <ol class="groups">
          ${join(items)}
        </ol>`;

const conflicts = (view: View, book: Book): Html | null => {
  const groups = view.input.audit.conflicts;
  return part({
    title: "Same image, two labels",
    text: "Left out of training unless kept on purpose: one of the labels must be wrong.",
    total: groups.length,
    items: groups.slice(0, SHOWN).map((group) => groupItem(view, book, group)),
  });
};

const pairs = (view: View, book: Book, list: readonly Pair[]): Html[] =>
  [...list]
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, SHOWN)
    .map(({ a, b, similarity }) => groupItem(view, book, [a, b], `similarity ${decimal(similarity, 2)}`));

const leaks = (view: View, book: Book): Html | null => {
  const { leaks: list } = view.input.audit;
  return part({
    title: "Look-alikes across train and test",
    text: "A test image that was trained on says nothing: each pair is kept on one side.",
    total: list.length,
    items: pairs(view, book, list),
  });
};

const exact = (view: View, book: Book): Html | null => {
  const conflicting = new Set(view.input.audit.conflicts.map((group) => group[0]));
  const groups = view.input.audit.exactDuplicates.filter((group) => !conflicting.has(group[0]));
  return part({
    title: "Exact copies",
    text: "The same bytes more than once, with one label.",
    total: groups.length,
    items: groups.slice(0, SHOWN).map((group) => groupItem(view, book, group)),
  });
};

const near = (view: View, book: Book): Html | null => {
  const list = view.input.audit.nearDuplicates;
  return part({
    title: "Near copies",
    text: "Resized, re-encoded, cropped a little, or one scene twice.",
    total: list.length,
    items: pairs(view, book, list),
  });
};

const fileTable = (book: Book, id: string, title: string, rows: readonly (readonly string[])[]): Html | null =>
  rows.length === 0
    ? null
    : html`<h3>${title} <span class="muted">${rows.length}</span></h3>
        ${book.table({
          id,
          caption: title,
          columns: [
            { title: "File", kind: "text" },
            { title: "Why", kind: "text" },
          ],
          rows,
          pageSize: 15,
        })}`;

const unreadable = (view: View, book: Book): Html | null => {
  const { audit, dataset } = view.input;
  const rows = [...audit.unreadable, ...dataset.skipped].map((one) => [shortName(one.name, 70), one.reason]);
  return fileTable(book, "unreadable", "Files that could not be used", rows.slice(0, 2000));
};

const odd = (view: View, book: Book): Html | null => {
  const { audit, dataset } = view.input;
  const rows = audit.oddSizes.map((one) => [shortName(dataset.items[one.index]?.name ?? "?", 70), one.reason]);
  return fileTable(book, "odd-sizes", "Unusual sizes", rows.slice(0, 2000));
};

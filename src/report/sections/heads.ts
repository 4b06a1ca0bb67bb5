import type { Contestant } from "../../evaluate/evidence.ts";
import type { Book } from "../book.ts";
import { decimal, percent, percentRange, shortName } from "../format.ts";
import { html, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";

/** The best head and the fine-tuned network, each with its interval. */
const contestTable = (contestants: readonly Contestant[], book: Book): Html =>
  book.table({
    id: "contest-table",
    caption: "Frozen features or fine-tuned network, on the same photos, each out of fold",
    columns: [
      { title: "Way", kind: "text" },
      { title: "Accuracy", kind: "number" },
      { title: "95 % interval", kind: "number" },
      { title: "", kind: "text" },
    ],
    rows: contestants.map(({ text, accuracy, used }) => [
      text,
      percent(accuracy.value),
      accuracy.interval ? percentRange([accuracy.interval.low, accuracy.interval.high]) : "",
      used ? "used" : "",
    ]),
  });

/** Every way of learning the head that was tried, and why one was taken. */
export const writeHeads: WriteSection = (view, book) => {
  const { selection } = view.input.evidence;
  if (selection.candidates.length === 0) return null;
  const candidates = [...selection.candidates].sort(
    (a, b) => Number(b.chosen) - Number(a.chosen) || b.accuracy - a.accuracy,
  );
  return {
    id: "heads",
    title: "Heads tried",
    lead: `${selection.text} The accuracies here helped to choose, so they flatter the winner: the headline is that of the whole choosing, done anew inside every fold. Score: ${selection.score}.`,
    body: html`${selection.contestants ? contestTable(selection.contestants, book) : null}${book.table({
      id: "head-table",
      caption: "Heads tried",
      columns: [
        { title: "Head", kind: "text" },
        { title: "Score", kind: "number" },
        { title: "± standard error", kind: "number" },
        { title: "Accuracy on the same folds", kind: "number" },
        { title: "", kind: "text" },
      ],
      rows: candidates.map((one) => [
        shortName(one.text, 60),
        decimal(one.score, 4),
        decimal(one.standardError, 4),
        percent(one.accuracy),
        one.chosen ? "chosen" : "",
      ]),
    })}`,
  };
};

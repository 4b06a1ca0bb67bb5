import type { OutOfFold } from "../../evaluate/evidence.ts";
import { axis, chartFigure, COLOUR, type Chart } from "../chart.ts";
import { facts, type Book } from "../book.ts";
import { count, decimal, percent, plural, shortName } from "../format.ts";
import { html, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import { className, type View } from "../view.ts";

/** How well the model says "I do not know": unknown images, and sets of possible answers. */
export const writeUnknown: WriteSection = (view, book) => {
  const { unknown, conformal, outOfFold } = view.input.evidence;
  if (!unknown && !conformal) return null;
  return {
    id: "unknown",
    title: "Saying “unknown”",
    lead: "Measured by leaving one class out in turn and asking whether its images are called unknown. Things quite unlike any class are easier, close relatives harder.",
    body: html`
      ${
        unknown
          ? html`${facts([
              ["Strangers taken for a class", `${percent(unknown.falseAccept)} (false accept)`],
              ["Known images called unknown", `${percent(unknown.falseReject)} (false reject)`],
              ["Area under the ROC curve", `${decimal(unknown.auroc)} (0.5 useless, 1 perfect)`],
              ["Threshold", decimal(unknown.threshold, 4)],
              ["Score", unknown.text],
            ])}
            ${unknown.falseAcceptByClass.length > 0 ? byClass(view, book, unknown.falseAcceptByClass) : null}`
          : null
      }
      ${conformal ? sets(view, outOfFold ?? []) : null}
    `,
  };
};

const byClass = (view: View, book: Book, shares: readonly number[]): Html =>
  book.table({
    id: "false-accepts",
    caption: "Strangers taken for a class, by class left out",
    columns: [
      { title: "Class left out", kind: "text" },
      { title: "Taken for a known class", kind: "number" },
    ],
    rows: leftOut(view, shares),
    pageSize: 12,
  });

const leftOut = (view: View, shares: readonly number[]): string[][] =>
  shares
    .map((share, label) => ({ share, label }))
    .sort((a, b) => b.share - a.share)
    .map(({ share, label }) => [shortName(className(view, label), 40), percent(share, 0)]);

const sets = (view: View, outOfFold: readonly OutOfFold[]): Html | null => {
  const { conformal } = view.input.evidence;
  if (!conformal) return null;
  const sizes = setSizes(outOfFold, conformal.threshold);
  const text = `Instead of one answer the model can give the set of classes that may be right. Sets made for ${percent(conformal.level, 0)} hold the truth in ${percent(conformal.coverage)} of the images, with ${decimal(conformal.meanSetSize, 2)} classes on average.`;
  return html`
    <h3>Prediction sets</h3>
    <p>${text}</p>
    ${sizes.length > 0 ? chartFigure(setChart(sizes)) : null}
  `;
};

/** How many images get a set of 1, 2, … classes; index 0 = one class. */
export const setSizes = (outOfFold: readonly OutOfFold[], threshold: number): number[] => {
  const counts: number[] = [];
  for (const { probabilities } of outOfFold) {
    if (probabilities.length === 0) continue; // beside a sample that was asked
    const size = Math.max(
      1,
      probabilities.reduce((n, p) => n + (p >= threshold ? 1 : 0), 0),
    );
    while (counts.length < size) counts.push(0);
    counts[size - 1]!++;
  }
  return counts;
};

/** Larger sets are drawn together. */
const LARGEST = 12;

const setChart = (sizes: readonly number[]): Chart => {
  const drawn = sizes.slice(0, LARGEST);
  const rest = sizes.slice(LARGEST).reduce((a, b) => a + b, 0);
  const labels = drawn.map((_, i) => String(i + 1));
  if (rest > 0) {
    drawn.push(rest);
    labels.push(`${LARGEST + 1}+`);
  }
  return {
    id: "chart-sets",
    width: 460,
    height: 200,
    title: "Images by size of their prediction set",
    description: drawn.map((n, i) => `${plural(n, "image")} with ${labels[i]}`).join("; "),
    figures: { columns: ["Classes in the set", "Images"], rows: drawn.map((n, i) => [labels[i]!, count(n)]) },
    option: {
      grid: { left: 52, right: 16, top: 20, bottom: 42 },
      xAxis: axis({ type: "category", data: labels, name: "classes in the set", nameGap: 26 }),
      yAxis: axis({ type: "value", minInterval: 1, splitNumber: 3 }),
      series: [
        {
          type: "bar",
          data: drawn,
          barMaxWidth: 44,
          itemStyle: { color: COLOUR.main },
          label: { show: true, position: "top", color: COLOUR.muted, fontSize: 12 },
        },
      ],
    },
  };
};

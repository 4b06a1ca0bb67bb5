import { axis, chartFigure, COLOUR, nameMark, type Chart } from "../chart.ts";
import { count, plural, shortName } from "../format.ts";
import { html } from "../html.ts";
import type { WriteSection } from "../section.ts";

/** How many images each class has, and of what sizes and shapes they are. */
export const writeBalance: WriteSection = (view) => {
  const { audit, dataset } = view.input;
  const sizes = audit.facts.flatMap((fact) => (fact ? [fact] : []));
  if (sizes.length === 0) return null;
  const classes = audit.classes.map((one) => ({ name: one.name, images: one.images }));
  const empty = dataset.emptyClasses.length;
  return {
    id: "balance",
    title: "The photos",
    lead: `${plural(sizes.length, "readable image")} in ${plural(classes.length, "class", "classes")}${empty > 0 ? `, and ${plural(empty, "empty class", "empty classes")} left out` : ""}. ${balanceText(classes)}`,
    body: html`<div class="two">
      ${classes.length > 0 ? chartFigure(balanceChart(classes)) : null}
      <div>
        ${chartFigure(
          histogram({
            id: "chart-sizes",
            title: "Longer side, pixels",
            values: sizes.map((fact) => Math.max(fact.width, fact.height)),
            label: (value) => count(value),
          }),
        )}
        ${chartFigure(
          histogram({
            id: "chart-aspects",
            title: "Width divided by height",
            values: sizes.map((fact) => fact.width / fact.height),
            label: (value) => String(Number(value.toPrecision(3))),
          }),
        )}
      </div>
    </div>`,
  };
};

interface Size {
  readonly name: string;
  readonly images: number;
}

const balanceText = (classes: readonly Size[]): string => {
  const sizes = classes.map(({ images }) => images);
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const least = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  if (most === 0) return "";
  return most === least
    ? `Every class has ${plural(most, "image")}.`
    : `The largest class has ${count(most)}, the smallest ${count(least)}${most >= 3 * least ? ": read the balanced accuracy, which counts every class alike" : ""}.`;
};

/** Up to this many classes each has its own bar; beyond, class sizes are counted. */
const BARS = 40;

const balanceChart = (classes: readonly Size[]): Chart => {
  if (classes.length > BARS)
    return histogram({
      id: "chart-balance",
      title: "Images a class (how many classes have so many)",
      values: classes.map(({ images }) => images),
      label: (value) => count(value),
      height: 320,
    });
  const rows = [...classes].sort((a, b) => b.images - a.images);
  const most = rows[0]?.images ?? 0;
  return {
    id: "chart-balance",
    width: 460,
    height: 40 + 22 * rows.length,
    title: "Images a class",
    description: `From ${count(rows.at(-1)?.images ?? 0)} to ${count(most)} images a class.`,
    figures: { columns: ["Class", "Images"], rows: rows.map((one) => [shortName(one.name), count(one.images)]) },
    names: rows.map((one) => one.name),
    option: {
      grid: { left: 124, right: 48, top: 4, bottom: 28 },
      xAxis: axis({ type: "value", minInterval: 1, axisLine: { show: false } }),
      yAxis: axis({
        type: "category",
        inverse: true,
        data: rows.map((_, i) => nameMark(i)),
        axisLabel: { interval: 0 },
      }),
      series: [
        {
          type: "bar",
          data: rows.map((one) => one.images),
          barWidth: 13,
          itemStyle: { color: COLOUR.main },
          label: { show: true, position: "right", color: COLOUR.muted, fontSize: 12 },
        },
      ],
    },
  };
};

interface Histogram {
  readonly id: string;
  readonly title: string;
  readonly values: readonly number[];
  readonly label: (value: number) => string;
  readonly height?: number;
}

/** As many bins as suit the number of values. */
const binsFor = (values: number): number => Math.min(16, Math.max(4, Math.ceil(Math.sqrt(values))));

/** Counts in bins of equal ratio, so that 200 and 4000 pixels both have room; one value gets one bar. */
const histogram = ({ id, title, values, label, height = 190 }: Histogram): Chart => {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), 0);
  const bins = low === high ? 1 : binsFor(values.length);
  const edge = (i: number): number => low * (high / low) ** (i / bins);
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const at = low === high ? 0 : Math.floor((Math.log(value / low) / Math.log(high / low)) * bins);
    counts[Math.min(bins - 1, at)]!++;
  }
  const span = (i: number): string => (bins === 1 ? label(low) : `${label(edge(i))}–${label(edge(i + 1))}`);
  return {
    id,
    width: 460,
    height,
    title,
    description: bins === 1 ? `All ${label(low)}.` : `From ${label(low)} to ${label(high)}.`,
    figures: {
      columns: [title, "Count"],
      rows: counts.flatMap((n, i) => (n > 0 ? [[span(i), count(n)]] : [])),
    },
    option: {
      grid: { left: 48, right: 16, top: 12, bottom: 28 },
      xAxis: axis({
        type: "category",
        data: counts.map((_, i) => (bins === 1 ? label(low) : label(edge(i)))),
        axisLabel: { interval: Math.max(0, Math.round(bins / 4) - 1) },
      }),
      yAxis: axis({ type: "value", minInterval: 1, splitNumber: 3 }),
      series: [
        { type: "bar", data: counts, barCategoryGap: bins === 1 ? "85%" : "12%", itemStyle: { color: COLOUR.main } },
      ],
    },
  };
};

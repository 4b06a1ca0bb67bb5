import type { ClassEvidence, Interval } from "../../evaluate/evidence.ts";
import { axis, chartFigure, COLOUR, nameMark, type Chart } from "../chart.ts";
import { count, percent, percentRange, shortName } from "../format.ts";
import { html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import { className, type View } from "../view.ts";
import { wilson } from "../../evaluate/intervals.ts";

interface ClassRow {
  readonly one: ClassEvidence;
  readonly precision: number | null;
  readonly precisionInterval: Interval | null;
}

/** Precision and recall of each class, weakest first. */
export const writeClasses: WriteSection = (view, book) => {
  if (!view.judged) return null;
  const rows = classRows(view).sort((a, b) => (a.one.recall?.value ?? 2) - (b.one.recall?.value ?? 2));
  return {
    id: "classes",
    title: "Class by class",
    lead: "Weakest first. Recall: of the class's images, how many are recognised. Precision: of the images taken for the class, how many are of it. Intervals are at 95 %; precision counts each image once, with Wilson's interval.",
    body: html`
      ${rows.length <= DRAWN ? chartFigure(chartOf(rows)) : null}
      ${book.table({
        id: "class-table",
        caption: "Precision and recall by class",
        columns: [
          { title: "Class", kind: "text" },
          { title: "Images", kind: "number" },
          { title: "Recall", kind: "number" },
          { title: "95 %", kind: "number" },
          { title: "Precision", kind: "number" },
          { title: "95 %", kind: "number" },
          { title: "Mostly taken for", kind: "text" },
        ],
        rows: rows.map(({ one, precision, precisionInterval }) => [
          shortName(one.name, 40),
          count(one.images),
          percent(one.recall?.value),
          span(one.recall?.interval ?? null),
          percent(precision),
          span(precisionInterval),
          one.mostlyTakenFor === null ? "" : shortName(className(view, one.mostlyTakenFor), 40),
        ]),
      })}
    `,
  };
};

const span = (interval: Interval | null): string =>
  interval ? percentRange([interval.low, interval.high], 0).replace("\u00a0%", "") : "–";

const classRows = (view: View): ClassRow[] => {
  const taken = new Int32Array(view.classNames.length);
  const right = new Int32Array(view.classNames.length);
  for (const row of view.judged ?? []) {
    taken[row.predicted]!++;
    if (row.predicted === row.label) right[row.label]!++;
  }
  return view.input.evidence.classes.map((one, i) => ({
    one,
    precision: one.precision,
    precisionInterval: taken[i]! > 0 ? wilson(right[i]!, taken[i]!) : null,
  }));
};

/** Up to this many classes the intervals are drawn. */
const DRAWN = 40;

const chartOf = (rows: readonly ClassRow[]): Chart => ({
  id: "chart-classes",
  width: 560,
  height: 58 + 26 * rows.length,
  title: "Recall (circle) and precision (diamond) with 95 % intervals",
  description: rows
    .slice(0, 5)
    .map(
      ({ one, precision }) =>
        `${shortName(one.name, 30)}: recall ${percent(one.recall?.value, 0)}, precision ${percent(precision, 0)}`,
    )
    .join("; "),
  names: rows.map(({ one }) => one.name),
  option: {
    grid: { left: 132, right: 20, top: 8, bottom: 44 },
    xAxis: axis({
      type: "value",
      min: lowest(rows),
      max: 1,
      name: "percent",
      nameGap: 26,
      axisLabel: { formatter: (value: number) => `${Math.round(value * 100)}` },
    }),
    yAxis: axis({ type: "category", inverse: true, data: rows.map((_, i) => nameMark(i)), axisLabel: { interval: 0 } }),
    series: [
      whiskers(rows, (row) => row.one.recall?.interval ?? null, { colour: COLOUR.main, shift: -5 }),
      whiskers(rows, (row) => row.precisionInterval, { colour: COLOUR.other, shift: 5 }),
      dots(rows, (row) => row.one.recall?.value ?? null, { colour: COLOUR.main, shift: -5, symbol: "circle" }),
      dots(rows, (row) => row.precision, { colour: COLOUR.other, shift: 5, symbol: "diamond" }),
    ],
  },
});

/** Where the axis begins: the tenth below the lowest end of an interval. */
const lowest = (rows: readonly ClassRow[]): number => {
  const lows = rows.map((row) =>
    Math.min(row.one.recall?.interval?.low ?? row.one.recall?.value ?? 1, row.precisionInterval?.low ?? 1),
  );
  return Math.max(0, Math.min(0.9, Math.floor(Math.min(...lows) * 10) / 10));
};

interface Mark {
  readonly colour: string;
  /** Pixels down from the middle of the row. */
  readonly shift: number;
  readonly symbol?: string;
}

const dots = (rows: readonly ClassRow[], value: (row: ClassRow) => number | null, mark: Mark): object => ({
  type: "scatter",
  symbol: mark.symbol,
  symbolSize: mark.symbol === "diamond" ? 10 : 8,
  symbolOffset: [0, mark.shift],
  itemStyle: { color: mark.colour, opacity: 1 },
  data: rows.map((row, i) => [value(row), i]),
});

interface Drawing {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
}

const whiskers = (rows: readonly ClassRow[], interval: (row: ClassRow) => Interval | null, mark: Mark): object => ({
  type: "custom",
  silent: true,
  data: rows.flatMap((row, i) => {
    const found = interval(row);
    return found ? [[found.low, found.high, i]] : [];
  }),
  encode: { x: [0, 1], y: 2 },
  renderItem: (_: unknown, api: Drawing) => {
    const [low = 0, y = 0] = api.coord([api.value(0), api.value(2)]);
    const high = api.coord([api.value(1), api.value(2)])[0] ?? 0;
    return {
      type: "line",
      shape: { x1: low, y1: y + mark.shift, x2: high, y2: y + mark.shift },
      style: { stroke: mark.colour, opacity: 0.4, lineWidth: 4, lineCap: "round" },
    };
  },
});

import type { LearningCurve, LearningPoint } from "../../evaluate/evidence.ts";
import { axis, chartFigure, COLOUR, type Chart, type Figures } from "../chart.ts";
import { count, percent, percentRange } from "../format.ts";
import { html, type Html } from "../html.ts";
import type { WriteSection } from "../section.ts";

/** Accuracy against the number of images, and what more of them would bring. */
export const writeLearningCurve: WriteSection = (view) => {
  const curve = view.input.evidence.learningCurve;
  if (!curve || curve.measured.length === 0) return null;
  return {
    id: "learning-curve",
    title: "Would more images help?",
    lead: curve.text,
    body: html`${chartFigure(chartOf(curve))}${forecast(curve)}`,
  };
};

const forecast = (curve: LearningCurve): Html | null =>
  curve.forecast.length === 0
    ? null
    : html`<div class="figures">
        ${curve.forecast.map(
          (point) =>
            html`<div class="figure">
              <div class="value">${percent(point.accuracy.value)}</div>
              <div class="label">expected at ${point.factor}× the images</div>
              <div class="detail">${range(point)}</div>
              <div class="detail">${count(point.imagesPerClass)} images a class</div>
            </div>`,
        )}
      </div>`;

const range = ({ accuracy }: LearningPoint): string =>
  accuracy.interval ? `95 % interval ${percentRange([accuracy.interval.low, accuracy.interval.high])}` : "no interval";

const xy = (point: LearningPoint): number[] => [point.imagesPerClass, point.accuracy.value];

const chartOf = (curve: LearningCurve): Chart => {
  const all = [...curve.measured, ...curve.forecast];
  const lows = all.map((point) => point.accuracy.interval?.low ?? point.accuracy.value);
  const last = curve.measured.at(-1)!;
  const first = curve.measured[0]!;
  return {
    id: "chart-learning",
    width: 560,
    height: 300,
    title: "Accuracy by images a class",
    description:
      `${percent(first.accuracy.value)} at ${first.imagesPerClass} images a class, ` +
      `${percent(last.accuracy.value)} at ${last.imagesPerClass}` +
      curve.forecast.map((point) => `, expected ${percent(point.accuracy.value)} at ${point.imagesPerClass}`).join(""),
    figures: figuresTable(curve),
    option: {
      grid: { left: 56, right: 16, top: 16, bottom: 44 },
      xAxis: axis({
        type: "log",
        name: "images a class (each step doubles)",
        nameGap: 26,
        logBase: 2,
        min: first.imagesPerClass,
        max: Math.max(...all.map((point) => point.imagesPerClass)),
        splitLine: { show: false },
        minorTick: { show: false },
        axisLabel: { formatter: (value: number) => String(Math.round(value)) },
      }),
      yAxis: axis({
        type: "value",
        min: Math.max(0, Math.floor(Math.min(...lows) * 10) / 10),
        max: 1,
        axisLabel: { formatter: (value: number) => `${Math.round(value * 100)} %` },
      }),
      series: [whiskers(all), expected(curve), measured(curve)],
    },
  };
};

const figuresTable = (curve: LearningCurve): Figures => ({
  columns: ["Images a class", "Images", "Accuracy", "95 % interval", ""],
  rows: [
    ...curve.measured.map((point) => [...figuresOf(point), "measured"]),
    ...curve.forecast.map((point) => [...figuresOf(point), "expected"]),
  ],
});

const figuresOf = (point: LearningPoint): string[] => [
  count(point.imagesPerClass),
  count(point.images),
  percent(point.accuracy.value),
  point.accuracy.interval ? percentRange([point.accuracy.interval.low, point.accuracy.interval.high]) : "–",
];

const measured = ({ measured: points }: LearningCurve): object => ({
  type: "line",
  data: points.map(xy),
  symbol: "circle",
  symbolSize: 7,
  lineStyle: { color: COLOUR.main, width: 2 },
  itemStyle: { color: COLOUR.main },
});

const expected = ({ measured: points, forecast: further }: LearningCurve): object => ({
  type: "line",
  data: further.length === 0 ? [] : [points.at(-1)!, ...further].map(xy),
  symbol: "circle",
  symbolSize: 8,
  lineStyle: { color: COLOUR.main, width: 2, type: "dashed" },
  itemStyle: { color: COLOUR.surface, borderColor: COLOUR.main, borderWidth: 2 },
});

interface Drawing {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
}

/** A vertical line from the low to the high end of each interval. */
const whiskers = (points: readonly LearningPoint[]): object => ({
  type: "custom",
  silent: true,
  data: points.flatMap(({ imagesPerClass, accuracy: { interval } }) =>
    interval ? [[imagesPerClass, Math.max(0, interval.low), Math.min(1, interval.high)]] : [],
  ),
  renderItem: (_: unknown, api: Drawing) => {
    const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
    const high = api.coord([api.value(0), api.value(2)])[1] ?? 0;
    return {
      type: "line",
      shape: { x1: x, y1: low, x2: x, y2: high },
      style: { stroke: COLOUR.main, opacity: 0.35, lineWidth: 6, lineCap: "round" },
    };
  },
});

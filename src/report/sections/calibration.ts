import type { Calibration } from "../../evaluate/evidence.ts";
import { axis, chartFigure, COLOUR, type Chart } from "../chart.ts";
import { decimal, percent } from "../format.ts";
import { html } from "../html.ts";
import type { WriteSection } from "../section.ts";
import type { Judged } from "../view.ts";

/** Whether the probabilities mean what they say, and how many images can be answered at a wanted precision. */
export const writeCalibration: WriteSection = (view) => {
  const { calibration } = view.input.evidence;
  if (!view.judged || view.judged.length === 0) return null;
  const curve = coverageCurve(view.judged);
  return {
    id: "calibration",
    title: "Can the probabilities be trusted?",
    lead: calibration
      ? `Of answers given with 80 %, about 80 in 100 should be right. Expected calibration error ${percent(calibration.expectedCalibrationError)}, after dividing the scores by a temperature of ${decimal(calibration.temperature, 2)}. ${answered(curve)}`
      : answered(curve),
    body: html`<div class="two">
      ${calibration ? chartFigure(reliability(calibration)) : null}${chartFigure(coverage(curve))}
    </div>`,
  };
};

/** At this many answers per hundred right, a person can leave the model alone. */
const WANTED_PRECISION = 0.95;

interface CoveragePoint {
  /** Answers are given from this probability on. */
  readonly threshold: number;
  /** Share of images answered. */
  readonly coverage: number;
  /** Share of the answers that are right. */
  readonly precision: number;
}

/** One point for every distinct probability, most confident first. */
export const coverageCurve = (judged: readonly Judged[]): CoveragePoint[] => {
  const ordered = [...judged].sort((a, b) => b.probability - a.probability);
  const points: CoveragePoint[] = [];
  let right = 0;
  for (const [i, row] of ordered.entries()) {
    if (row.predicted === row.label) right++;
    if (ordered[i + 1]?.probability === row.probability) continue;
    points.push({ threshold: row.probability, coverage: (i + 1) / ordered.length, precision: right / (i + 1) });
  }
  return points;
};

const best = (curve: readonly CoveragePoint[]): CoveragePoint | undefined =>
  curve.findLast((point) => point.precision >= WANTED_PRECISION);

const answered = (curve: readonly CoveragePoint[]): string => {
  const point = best(curve);
  return point
    ? `At ${percent(WANTED_PRECISION, 0)} precision ${percent(point.coverage, 0)} of the images are answered, those with a probability of ${decimal(point.threshold, 2)} or more; the threshold is read off these same images, so leave some margin.`
    : `At no threshold are ${percent(WANTED_PRECISION, 0)} of the answers right.`;
};

const percentAxis = (name: string, settings: Record<string, unknown> = {}): Record<string, unknown> =>
  axis({
    type: "value",
    min: 0,
    max: 1,
    name,
    nameGap: 28,
    axisLabel: { formatter: (value: number) => `${Math.round(value * 100)}` },
    ...settings,
  });

const GRID = { left: 52, right: 16, top: 16, bottom: 46 };

const reliability = ({ bins, expectedCalibrationError }: Calibration): Chart => {
  const filled = bins.filter((bin) => bin.images > 0);
  return {
    id: "chart-reliability",
    width: 460,
    height: 340,
    title: "Reliability: right answers by stated probability",
    description:
      `Expected calibration error ${percent(expectedCalibrationError)}. ` +
      filled
        .map((bin) => `stated ${percent(bin.confidence, 0)}, right ${percent(bin.accuracy, 0)} of ${bin.images}`)
        .join("; "),
    figures: {
      columns: ["Bin", "Images", "Stated", "Right"],
      rows: bins.map((bin) => [
        `${Math.round(bin.low * 100)}–${Math.round(bin.high * 100)} %`,
        String(bin.images),
        percent(bin.confidence),
        percent(bin.accuracy),
      ]),
    },
    option: {
      grid: GRID,
      xAxis: percentAxis("stated probability, % (mark area = images)"),
      yAxis: percentAxis("right, %", { nameGap: 34 }),
      series: reliabilitySeries(filled),
    },
  };
};

const reliabilitySeries = (filled: Calibration["bins"]): object[] => {
  const most = Math.max(1, ...filled.map((bin) => bin.images));
  return [
    {
      type: "line",
      silent: true,
      symbol: "none",
      data: [
        [0, 0],
        [1, 1],
      ],
      lineStyle: { color: COLOUR.muted, width: 1, type: "dashed" },
    },
    {
      type: "line",
      silent: true,
      symbol: "none",
      data: marks(filled),
      lineStyle: { color: COLOUR.main, width: 2 },
    },
    {
      type: "scatter",
      data: filled.map((bin) => ({
        value: [bin.confidence, bin.accuracy],
        symbolSize: 6 + 16 * Math.sqrt(bin.images / most),
      })),
      itemStyle: { color: COLOUR.main, opacity: 0.75 },
    },
  ];
};

const marks = (bins: Calibration["bins"]): (number | null)[][] => bins.map((bin) => [bin.confidence, bin.accuracy]);

/** At most this many points are drawn of a curve. */
const DRAWN = 240;

const coverage = (curve: readonly CoveragePoint[]): Chart => {
  const point = best(curve);
  const step = Math.max(1, Math.ceil(curve.length / DRAWN));
  const drawn = curve.filter((_, i) => i % step === 0 || i === curve.length - 1);
  const floor = Math.min(0.9, Math.floor(Math.min(...drawn.map(({ precision }) => precision)) * 10) / 10);
  return {
    id: "chart-coverage",
    width: 460,
    height: 340,
    title: "Precision by how many images are answered",
    description: `${answered(curve)} With every image answered ${percent(curve.at(-1)?.precision)} are right.`,
    figures: {
      columns: ["Threshold", "Answered", "Right"],
      rows: [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99].flatMap((threshold) => {
        const at = curve.findLast((one) => one.threshold >= threshold);
        return at ? [[decimal(threshold, 2), percent(at.coverage), percent(at.precision)]] : [];
      }),
    },
    option: {
      grid: GRID,
      xAxis: percentAxis("images answered, %"),
      yAxis: percentAxis("answers right, %", { min: floor, nameGap: 34 }),
      series: [
        {
          type: "line",
          symbol: "none",
          data: drawn.map((one) => [one.coverage, one.precision]),
          lineStyle: { color: COLOUR.main, width: 2 },
          markLine: {
            silent: true,
            symbol: "none",
            label: { show: false },
            lineStyle: { color: COLOUR.other, type: "dashed" },
            data: [{ yAxis: WANTED_PRECISION }, ...(point ? [{ xAxis: point.coverage }] : [])],
          },
        },
      ],
    },
  };
};

import type { Arm } from "../evaluate/evidence.ts";
import { escapeText } from "./html.ts";

const ROW = 26;
const LEFT = 200;
const PLOT = 420;
const RIGHT = 230;
const TOP = 40;

/** Steps that make about five marks of a span: 1, 2 or 5 times a power of ten. */
const stepOf = (span: number): number => {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
};

/**
 * A drawing of gains over the baseline with their intervals, one row an arm, as SVG: proven ones in blue.
 *
 * @param title  what learned on what
 */
export const ablationChart = (arms: readonly Arm[], title: string): string => {
  const rows = arms
    .flatMap(({ difference, ...arm }) => (difference ? [{ ...arm, difference }] : []))
    .sort((a, b) => b.difference.mean - a.difference.mean);
  const ends = rows.flatMap(({ difference: { interval } }) => [interval.low, interval.high]).filter(Number.isFinite);
  const step = stepOf(Math.max(0.01, Math.max(0, ...ends) - Math.min(0, ...ends)));
  const low = step * Math.floor(Math.min(0, ...ends) / step);
  const high = step * Math.ceil(Math.max(step, ...ends) / step);
  const x = (share: number): number => LEFT + (PLOT * (Math.min(high, Math.max(low, share)) - low)) / (high - low);
  const height = TOP + ROW * rows.length + 44;
  const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;
  const marks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  const end = TOP + ROW * rows.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + PLOT + RIGHT}" height="${height}" viewBox="0 0 ${LEFT + PLOT + RIGHT} ${height}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="22" font-size="14" font-weight="bold">${escapeText(title)}</text>`,
    ...marks.map(
      (mark) =>
        `<line x1="${x(mark).toFixed(1)}" x2="${x(mark).toFixed(1)}" y1="${TOP}" y2="${end}" stroke="${Math.abs(mark) < step / 2 ? "#222" : "#ddd"}"/>` +
        `<text x="${x(mark).toFixed(1)}" y="${end + 18}" text-anchor="middle" fill="#555">${points(mark)}</text>`,
    ),
    `<text x="${LEFT + PLOT / 2}" y="${end + 36}" text-anchor="middle" fill="#555">points of accuracy over none, 95 % interval</text>`,
    ...rows.map(({ name, proven, difference: { mean, interval } }, i) => {
      const y = TOP + ROW * i + ROW / 2;
      const colour = proven ? "#0067b1" : "#888";
      return (
        `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${escapeText(name)}</text>` +
        `<line x1="${x(interval.low).toFixed(1)}" x2="${x(interval.high).toFixed(1)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3"/>` +
        `<circle cx="${x(mean).toFixed(1)}" cy="${y}" r="5" fill="${colour}"/>` +
        `<text x="${LEFT + PLOT + 12}" y="${y + 4}" fill="${colour}">${points(mean)} (${points(interval.low)} to ${points(interval.high)})${proven ? " proven" : ""}</text>`
      );
    }),
    "</svg>",
    "",
  ].join("\n");
};

import type { Replay } from "../evaluate/simulate-labelling.ts";
import { escapeText } from "./html.ts";

const [LEFT, TOP, WIDTH, HEIGHT, RIGHT] = [60, 44, 520, 320, 190];
/** Of Okabe and Ito, told apart by people who see colours otherwise; random is grey. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#5e3c99"];

/**
 * A drawing of accuracy by labels, one line a strategy with its interval as a band, as SVG.
 *
 * @param title  what was labelled
 */
export const labellingChart = (replays: readonly Replay[], title: string): string => {
  const all = replays.flatMap(({ points }) => points);
  const most = Math.max(...all.map(({ labels }) => labels));
  const low = Math.floor(10 * Math.min(...all.map(({ accuracy }) => accuracy.value))) / 10;
  const x = (labels: number): number => LEFT + (WIDTH * labels) / most;
  const y = (share: number): number => TOP + (HEIGHT * (1 - Math.min(1, Math.max(low, share)))) / (1 - low || 1);
  const at = (labels: number, share: number): string => `${x(labels).toFixed(1)},${y(share).toFixed(1)}`;
  const marks = Array.from({ length: Math.round((1 - low) * 10) + 1 }, (_, i) => low + i / 10);
  const colourOf = (i: number): string => (replays[i]!.strategy === "random" ? "#777" : COLOURS[i % COLOURS.length]!);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + RIGHT}" height="${TOP + HEIGHT + 50}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="24" font-size="14" font-weight="bold">${escapeText(title)}</text>`,
    ...marks.map(
      (mark) =>
        `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${y(mark).toFixed(1)}" y2="${y(mark).toFixed(1)}" stroke="#ddd"/>` +
        `<text x="${LEFT - 8}" y="${(y(mark) + 4).toFixed(1)}" text-anchor="end" fill="#555">${(100 * mark).toFixed(0)}</text>`,
    ),
    ...replays[0]!.points.map(
      ({ labels }) =>
        `<text x="${x(labels).toFixed(1)}" y="${TOP + HEIGHT + 18}" text-anchor="middle" fill="#555">${labels}</text>`,
    ),
    `<text x="${LEFT + WIDTH / 2}" y="${TOP + HEIGHT + 38}" text-anchor="middle" fill="#555">labelled photos; accuracy in per cent, bands 95 %</text>`,
    ...replays.map(({ points }, i) => {
      const upper = points.map(({ labels, accuracy: { value, interval } }) => at(labels, interval?.high ?? value));
      const lower = points.map(({ labels, accuracy: { value, interval } }) => at(labels, interval?.low ?? value));
      return `<polygon points="${[...upper, ...lower.reverse()].join(" ")}" fill="${colourOf(i)}" opacity="0.12"/>`;
    }),
    ...replays.map(({ points, strategy }, i) => {
      const line = points.map(({ labels, accuracy }) => at(labels, accuracy.value)).join(" ");
      return (
        `<polyline points="${line}" fill="none" stroke="${colourOf(i)}" stroke-width="2.5"/>` +
        `<line x1="${LEFT + WIDTH + 14}" x2="${LEFT + WIDTH + 34}" y1="${TOP + 10 + 22 * i}" y2="${TOP + 10 + 22 * i}" stroke="${colourOf(i)}" stroke-width="3"/>` +
        `<text x="${LEFT + WIDTH + 40}" y="${TOP + 14 + 22 * i}">${escapeText(strategy)}</text>`
      );
    }),
    "</svg>",
    "",
  ].join("\n");
};

import { axis, drawChart, type Chart } from "../chart.ts";
import type { Book, Point } from "../book.ts";
import { baseName, name, percent, plural, shortName } from "../format.ts";
import { html, join, trusted, type Html } from "../html.ts";
import type { EmbeddingMap } from "../input.ts";
import type { WriteSection } from "../section.ts";
import { className, type View } from "../view.ts";

const ID = "chart-map";
/** Colours times shapes that can be told apart; with more classes only right and wrong are. */
const COLOURS = 8;
const SHAPES = ["circle", "triangle", "rect", "diamond"] as const;

/** The most doubtful labels are ringed; more rings would hide the map. */
const RINGS = 60;

/** Every image as a point, near ones alike to the model; doubtful labels ringed. */
export const writeMap: WriteSection = (view, book) => {
  const { map } = view.input;
  if (!map || view.rows.length === 0) return null;
  const rows = sample(view);
  const groups = groupsOf(view);
  const series = groups.map((group) => rows.filter((row) => group.has(row)));
  const drawn = new Set(rows);
  const ringed = view.suspects
    .slice(0, RINGS)
    .map(({ row }) => row)
    .filter((row) => drawn.has(row));
  const point = (row: number): Point =>
    pointOf(
      view,
      row,
      groups.findIndex((group) => group.has(row)),
    );
  book.points(
    ID,
    [...series, ringed].map((members) => members.map(point)),
    3,
  );
  const left = view.rows.length - rows.length;
  return {
    id: "map",
    title: "Map of the images",
    lead: `${map.text}. Near points look alike to the model; a flat picture of many dimensions bends distances, so take it as a hint. Rings are labels that may be wrong. Point at a mark to see its image, or walk the marks with the arrow keys.${left > 0 ? ` ${plural(left, "image")} not drawn, evenly over the classes.` : ""}`,
    body: html`
      <figure class="chart map" id="${ID}" tabindex="0" role="application" aria-label="${describe(view, rows.length)}">
        <div class="drawing" aria-hidden="true">${trusted(drawChart(chartOf(map, groups, series, ringed)))}</div>
        <p class="hidden" aria-live="polite"></p>
      </figure>
      ${legend(groups)} ${suspectList(view, book)}
    `,
  };
};

const describe = (view: View, points: number): string =>
  `Map of ${plural(points, "image")} in ${plural(view.classNames.length, "class", "classes")}, ` +
  `${plural(Math.min(RINGS, view.suspects.length), "doubtful label")} ringed. Arrow keys walk the marks.`;

interface Group {
  readonly title: string;
  readonly colour: string;
  readonly symbol: (typeof SHAPES)[number];
  has(row: number): boolean;
}

const groupsOf = (view: View): Group[] => {
  if (view.classNames.length <= COLOURS * SHAPES.length)
    return view.classNames.map((title, label) => ({
      title,
      colour: `var(--k${label % COLOURS})`,
      symbol: SHAPES[Math.floor(label / COLOURS)] ?? "circle",
      has: (row) => view.rows[row]?.label === label,
    }));
  const wrong = (row: number): boolean => {
    const judged = view.judgedAt.get(row);
    return judged !== undefined && judged.predicted !== judged.label;
  };
  const sampled = view.judged !== null && view.judged.length < view.rows.length;
  const left = (row: number): boolean => sampled && !view.judgedAt.has(row);
  return [
    { title: "recognised", colour: "var(--k0)", symbol: "circle", has: (row) => !wrong(row) && !left(row) },
    { title: "mistaken", colour: "var(--k1)", symbol: "triangle", has: wrong },
    ...(sampled ? [{ title: "not asked", colour: "var(--k2)", symbol: "rect" as const, has: left }] : []),
  ];
};

/** Rows to draw: all, or every k-th of each class with all doubtful ones. */
const sample = (view: View): number[] => {
  const { mapPoints } = view.limits;
  if (view.rows.length <= mapPoints) return view.rows.map(({ row }) => row);
  const kept = new Set(view.suspects.slice(0, Math.floor(mapPoints / 4)).map(({ row }) => row));
  const byClass = [...view.rows].sort((a, b) => a.label - b.label || a.row - b.row);
  const step = byClass.length / (mapPoints - kept.size);
  for (let at = 0; at < byClass.length; at += step) kept.add(byClass[Math.floor(at)]!.row);
  return [...kept].sort((a, b) => a - b);
};

const pointOf = (view: View, row: number, group: number): Point => {
  const { item, name: file, label } = view.rows[row]!;
  const judged = view.judgedAt.get(row);
  const guess = judged
    ? judged.predicted === judged.label
      ? `recognised, ${percent(judged.probability, 0)}`
      : `taken for ${shortName(className(view, judged.predicted), 30)}, ${percent(judged.probability, 0)}`
    : "";
  const title = shortName(className(view, label), 30);
  return { item, name: file, group, note: guess ? `${title} — ${guess}` : title };
};

const chartOf = (
  map: EmbeddingMap,
  groups: readonly Group[],
  series: readonly (readonly number[])[],
  ringed: readonly number[],
): Chart => {
  const at = (row: number): number[] => [round(map.x[row] ?? 0), round(map.y[row] ?? 0)];
  const bare = axis({
    type: "value",
    min: "dataMin",
    max: "dataMax",
    axisLabel: { show: false },
    axisLine: { show: false },
    splitLine: { show: false },
  });
  return {
    id: ID,
    width: 560,
    height: 420,
    title: "Map of the images",
    description: "",
    option: {
      grid: { left: 12, right: 12, top: 12, bottom: 12 },
      xAxis: bare,
      yAxis: bare,
      series: [
        ...groups.map((group, i) => ({
          type: "scatter",
          symbol: group.symbol,
          symbolSize: 8,
          itemStyle: { color: group.colour, opacity: 0.8 },
          data: series[i]!.map(at),
        })),
        rings(ringed.map(at)),
      ],
    },
  };
};

const rings = (data: readonly number[][]): object => ({
  type: "scatter",
  silent: true,
  symbol: "circle",
  symbolSize: 16,
  itemStyle: { color: "none", borderColor: "var(--text)", borderWidth: 1.6 },
  data,
});

const round = (value: number): number => Number(value.toPrecision(4));

const SHAPE_PATHS = new Map<string, string>([
  ["circle", "M6 1a5 5 0 1 0 .01 0Z"],
  ["triangle", "M6 1L11 11H1Z"],
  ["rect", "M1.5 1.5H10.5V10.5H1.5Z"],
  ["diamond", "M6 0L11.5 6L6 12L.5 6Z"],
]);

const legend = (groups: readonly Group[]): Html => html`
  <ul class="legend" data-legend="${ID}" aria-label="Classes on the map: choose one to see it alone">
    ${join(
      groups.map(
        (group, i) =>
          html`<li>
            <button type="button" aria-pressed="false" data-group="${i}">
              <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <path d="${SHAPE_PATHS.get(group.symbol)!}" fill="${group.colour}"></path>
              </svg>
              ${name(group.title, 30)}
            </button>
          </li>`,
      ),
    )}
  </ul>
`;

const SUSPECTS_SHOWN = 24;

const suspectList = (view: View, book: Book): Html | null => {
  if (view.suspects.length === 0) return null;
  const shown = view.suspects.slice(0, SUSPECTS_SHOWN);
  const left = view.suspects.length - shown.length;
  return html`
    <h3 id="suspects">Labels that may be wrong</h3>
    <p class="muted">
      Models that had not seen these images were sure of another class (confident learning, Northcutt et al. 2021). Some
      are only hard: look before changing a label.${left > 0 ? ` ${plural(left, "less doubtful one")} not shown.` : ""}
    </p>
    <ol class="pictures">
      ${join(shown.map((one) => suspect(view, book, one)))}
    </ol>
  `;
};

const suspect = (view: View, book: Book, { row, suggested }: View["suspects"][number]): Html => {
  const found = view.rows[row]!;
  return html`<li>
    <figure>
      ${book.picture(found, 0)}
      <figcaption>
        <span class="truth">${name(className(view, found.label), 26)}</span>
        <span class="guess">${name(className(view, suggested), 26)}</span>
        <span class="file">${name(baseName(found.name), 36)}</span>
      </figcaption>
    </figure>
  </li>`;
};

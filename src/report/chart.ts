import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { shortName } from "./format.ts";
import { escapeText, html, trusted, type Html } from "./html.ts";

export interface Chart {
  /** Unique on the page, a plain word: names the picture and the ids inside it. */
  readonly id: string;
  /** In CSS pixels; the picture shrinks with a narrow page and keeps its aspect. */
  readonly width: number;
  readonly height: number;
  /** What the picture shows, in a few words. */
  readonly title: string;
  /** What it says, for those who do not see it: the figures themselves, not the shape of the drawing. */
  readonly description: string;
  /** The numbers drawn, for reading and copying; shown on demand. */
  readonly figures?: Figures;
  /** Names of classes that stand in the drawing where `nameMark` says. */
  readonly names?: readonly string[];
  readonly option: EChartsCoreOption;
}

export interface Figures {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The page's colours by role; each is a custom property with a light and a dark value. */
export const COLOUR = {
  text: "var(--text)",
  muted: "var(--muted)",
  line: "var(--line)",
  surface: "var(--surface)",
  main: "var(--blue)",
  other: "var(--orange)",
  band: "var(--band)",
} as const;

const FONT = "inherit";

/**
 * What the option holds in place of the i-th name. The drawing library never sees a name: it keeps texts as keys of
 * plain objects, where "__proto__" would reach every object of the process.
 */
export const nameMark = (i: number): string => `#name-${i}#`;

/** Room for a name beside an axis, in letters; signs of double width count twice. */
const NAME_LETTERS = 17;

const fitted = (name: string): string => {
  const wide = (shortName(name).match(/[\u1100-\u{3fffd}]/gu) ?? []).length;
  return shortName(name, Math.max(6, NAME_LETTERS - Math.min(wide, NAME_LETTERS / 2)));
};

/** Axis settings in the page's own colours. */
export const axis = (settings: Record<string, unknown> = {}): Record<string, unknown> => ({
  nameTextStyle: { color: COLOUR.muted, fontSize: 12 },
  nameLocation: "middle",
  axisLine: { show: true, lineStyle: { color: COLOUR.line } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: COLOUR.line, opacity: 0.6 } },
  ...settings,
  axisLabel: { color: COLOUR.muted, fontSize: 12, ...(settings["axisLabel"] as object | undefined) },
});

/**
 * What the drawing library wrote, without what the page's content security policy forbids (style elements and
 * attributes) and without namespaces, which HTML does not need. Ids get the chart's own prefix, so that two drawings do
 * not clip each other and the same input gives the same bytes.
 */
const clean = (svg: string, id: string): string =>
  svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, "")
    .replace(
      /<svg width="(\d+)" height="(\d+)"[^>]*>/,
      '<svg width="$1" viewBox="0 0 $1 $2" aria-hidden="true" focusable="false">',
    )
    .replace(/ class="zr\d+-cls-\d+"/g, "")
    .replace(/ (?:pointer-events="visible"|ecmeta_silent="true"|ecmeta_ssr_type="\w+")/g, "")
    .replace(/ style="font-size:(\d+)px;font-family:inherit;"/g, ' font-size="$1"')
    .replace(/ style="font-size:(\d+)px;font-family:inherit;font-weight:(\w+);"/g, ' font-size="$1" font-weight="$2"')
    .replace(/\bzr\d+-(c\d+)/g, `${id}-$1`)
    .replace(/<rect [^>]*fill="none"><\/rect>\n?/, "")
    .replace(/ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)"/g, 'data-series="$1" data-point="$2"');

/** Draws a chart as SVG, without a browser. */
export const drawChart = ({ id, width, height, names = [], option }: Chart): string => {
  use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT, color: COLOUR.text }, ...option });
    return clean(chart.renderToSVGString(), id).replace(/#name-(\d+)#/g, (_, i) => escapeText(fitted(names[i] ?? "")));
  } finally {
    chart.dispose();
  }
};

/** A figure: the drawing, its text alternative, and its numbers as a table behind a summary. */
export const chartFigure = (chart: Chart): Html => html`
  <figure class="chart" id="${chart.id}">
    <figcaption>${chart.title}</figcaption>
    <div class="drawing" role="img" aria-label="${chart.title}. ${chart.description}">${trusted(drawChart(chart))}</div>
    ${chart.figures ? figuresTable(chart.figures, chart.title) : null}
  </figure>
`;

const figuresTable = ({ columns, rows }: Figures, title: string): Html => html`
  <details>
    <summary>Figures</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <table>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td class="number">${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>
`;

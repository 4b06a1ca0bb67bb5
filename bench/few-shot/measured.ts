import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Mean accuracy in per cent over episodes, and half its 95 % interval; null where it was not asked. */
export type Cell = readonly [mean: number, half: number] | null;

export interface Row {
  readonly method: string;
  /** Whether a query's answer depends on the others. */
  readonly together: boolean;
  /** 1-shot, 5-shot, and both with classes asked unevenly. */
  readonly cells: readonly [Cell, Cell, Cell, Cell];
  /** Median seconds of a 5-shot episode, learning and answering, on one thread. */
  readonly seconds: number;
  /** 1-shot and 5-shot, and who says so; null where nothing of the kind was published. */
  readonly published: string | null;
}

/** One set of features, or the networks trained end to end, and what every method reaches on it. */
export interface Measured {
  readonly title: string;
  readonly date: string;
  readonly episodes: number;
  readonly peakMegabytes: number;
  readonly rows: readonly Row[];
}

export type Results = Readonly<Record<string, Measured>>;

const file = new URL("table.json", import.meta.url);
const docs = new URL("../../docs/methods.md", import.meta.url);
const [BEGIN, END] = ["<!-- few-shot table: begin -->", "<!-- few-shot table: end -->"];

export const readResults = (): Results => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {});

export const writeResults = (results: Results): void => writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);

const cellText = (cell: Cell): string => (cell ? `${cell[0].toFixed(2)} ± ${cell[1].toFixed(2)}` : "");

const lineOf = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** All that was measured as one table. */
export const tableText = (results: Results, order: readonly string[]): string => {
  const titles = ["method", "queries", "1-shot", "5-shot", "1-shot uneven", "5-shot uneven", "s, 5-shot", "published"];
  const body = order.flatMap((part) => {
    const measured = results[part];
    if (!measured) return [];
    const head = `**${measured.title}** (${measured.episodes} episodes, ${measured.peakMegabytes} MB at most, ${measured.date})`;
    return [
      lineOf([head, ...titles.slice(1).map(() => "")]),
      ...measured.rows.map((row) =>
        lineOf([
          row.method,
          row.together ? "together" : "alone",
          ...row.cells.map(cellText),
          row.seconds.toPrecision(2),
          row.published ?? "",
        ]),
      ),
    ];
  });
  return [lineOf(titles), `|${titles.map(() => "---").join("|")}|`, ...body].join("\n");
};

/** Puts the table between its marks in docs/methods.md. */
export const writeTable = (text: string): void => {
  const page = readFileSync(docs, "utf8");
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/methods.md: wanted the marks ${BEGIN} and ${END}`);
  writeFileSync(docs, `${page.slice(0, from + BEGIN.length)}\n\n${text}\n\n${page.slice(to)}`);
};

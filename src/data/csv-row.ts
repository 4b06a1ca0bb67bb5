/** What a spreadsheet would take for a formula, with quotes before it or not. */
const FORMULA = /^'*[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** Text made inert for spreadsheets: a quote goes before what looks like a formula. */
const inertCell = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The text behind `inertCell`: exactly what went in. */
export const plainCell = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);

/**
 * One row of comma-separated values. Text that a spreadsheet would take for a formula is made inert with a quote, which
 * `manifestRows` takes away again; text with spaces at its ends is quoted, so that they are kept.
 */
export const csvRow = (cells: readonly (string | number | null)[]): string =>
  cells
    .map((cell) => {
      if (cell === null) return "";
      if (typeof cell === "number") return String(cell);
      const inert = inertCell(cell);
      return /[",\r\n]|^\s|\s$/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
    })
    .join(",");

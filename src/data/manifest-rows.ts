import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { parse, type CastingFunction } from "csv-parse";
import { dataError, HandfulError, messageOf } from "../base/errors.ts";
import { plainCell } from "./csv-row.ts";
import { extensionOf } from "./names.ts";

/** One row: its line in the file (from 1), and its cells by column, or what is wrong with it. */
export interface Row {
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
  readonly fault?: string;
  /** The first line of a table: its cells are the column names themselves. */
  readonly isHeader?: true;
}

/** Names of the column that names the file, the first being ours. */
export const FILE_COLUMNS: readonly string[] = ["file_name", "filename", "file", "path", "image", "image_path"];

/** Longest row taken, in bytes: a row names one file. */
const MAX_ROW_BYTES = 1_000_000;

const tooLong = (line: number): string =>
  `line ${line}: wanted a row of at most ${MAX_ROW_BYTES / 1e6} MB, got a longer one`;

const broken = (path: string, message: string, hint: string): HandfulError =>
  dataError("E_MANIFEST", `${path}: ${message}`, { hint });

/** What divides the cells, from the first line: Excel writes semicolons in half of Europe. */
const readDelimiter = async (path: string): Promise<string> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const head = buffer.subarray(0, bytesRead);
    if (head[0] === 0xff && head[1] === 0xfe)
      throw broken(path, "wanted text in UTF-8, got UTF-16", 'Save it again as "CSV UTF-8".');
    const first = head.toString("utf8").split(/\r?\n|\r/, 1)[0] ?? "";
    const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: first.split(delimiter).length }));
    return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
  } finally {
    await file.close();
  }
};

/** A cell as it was meant: spaces round it count where it is quoted, or names a file. */
const castCells = (isFile: (column: string) => boolean): CastingFunction => {
  const columns: string[] = [];
  return (cell, { quoting, records, index }) => {
    if (records === 0) columns[index] = cell.trim().toLowerCase();
    return plainCell(quoting || isFile(columns[index] ?? "") ? cell : cell.trim());
  };
};

async function* tableRows(path: string): AsyncGenerator<Row> {
  const parser = createReadStream(path).pipe(
    parse({
      bom: true,
      delimiter: extensionOf(path) === "tsv" ? "\t" : await readDelimiter(path),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_ROW_BYTES,
      cast: castCells((column) => FILE_COLUMNS.includes(column)),
    }),
  );
  let header: string[] | null = null;
  let last = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      last = info.lines;
      const line = last - record.reduce((sum, cell) => sum + cell.split(/\r?\n|\r/).length - 1, 0);
      if (header === null) {
        header = record.map((name) => name.trim().toLowerCase());
        yield { line, isHeader: true, cells: new Map(header.map((name) => [name, name])) };
      } else if (record.length > header.length)
        yield { line, cells: new Map(), fault: `wanted ${header.length} cells, got ${record.length}` };
      else yield { line, cells: new Map(record.map((cell, i) => [header![i]!, cell])) };
    }
  } catch (thrown) {
    if (thrown instanceof HandfulError) throw thrown;
    const isLong = thrown instanceof Error && "code" in thrown && thrown.code === "CSV_MAX_RECORD_SIZE";
    throw broken(path, isLong ? tooLong(last + 1) : messageOf(thrown), "Check the quotation marks around there.");
  }
  if (header === null) throw broken(path, "wanted a header and rows, got an empty file", "First line: file_name,label");
}

/** Lines of a text file of any size; one longer than MAX_ROW_BYTES is null. */
async function* boundedLines(path: string): AsyncGenerator<string | null> {
  let parts: Buffer[] = [];
  let length = 0;
  const line = (): string | null => {
    const text = length > MAX_ROW_BYTES ? null : Buffer.concat(parts).toString("utf8");
    [parts, length] = [[], 0];
    return text;
  };
  const add = (part: Buffer): void => {
    length += part.length;
    if (length <= MAX_ROW_BYTES) parts.push(part);
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end));
      yield line();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield line();
}

const jsonCells = (text: string): Map<string, string> | string => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "wanted a JSON object, got something else";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "wanted a JSON object, got another value";
  const cells = new Map<string, string>();
  for (const [key, cell] of Object.entries(value)) {
    if (cell === null || cell === undefined) continue;
    if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean")
      cells.set(key.trim().toLowerCase(), String(cell));
  }
  return cells;
};

async function* jsonRows(path: string): AsyncGenerator<Row> {
  let line = 0;
  for await (const text of boundedLines(path)) {
    line++;
    if (text === null) throw broken(path, tooLong(line), "One JSON object a line.");
    const trimmed = text.replace(/^\ufeff/, "").trim();
    if (trimmed === "") continue;
    const cells = jsonCells(trimmed);
    yield typeof cells === "string" ? { line, cells: new Map(), fault: cells } : { line, cells };
  }
}

/** Rows of a CSV, TSV or JSONL file, streamed; column names in lower case, cells as written. */
export const manifestRows = (path: string): AsyncGenerator<Row> =>
  /^(jsonl|ndjson)$/.test(extensionOf(path)) ? jsonRows(path) : tableRows(path);

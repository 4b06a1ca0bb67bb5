import type { Queue } from "./open-queue.ts";
import type { ResultRow } from "./result-row.ts";

interface StoredRow extends Omit<ResultRow, "embedding"> {
  readonly embedding: Buffer | null;
}

/** Rows fetched together. */
const PAGE = 1000;

/** A copy, since bytes of the wire need not begin where a float may. */
const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);

/** The results of a run by name, in code unit order of UTF-8; a page is held at a time. */
export async function* runResults({ pool }: Queue, run: string): AsyncGenerator<ResultRow> {
  let after = "";
  for (;;) {
    const { rows } = await pool.query<StoredRow>(
      `SELECT name, sha256, answer, embedding, error FROM handful.result
       WHERE run = $1 AND name > $2 ORDER BY name LIMIT ${PAGE}`,
      [run, after],
    );
    for (const row of rows) yield { ...row, embedding: row.embedding && floatsOf(row.embedding) };
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.name;
  }
}

import { open, rename, rm } from "node:fs/promises";
import type { ResultRow } from "../queue/result-row.ts";
import type { ResultText } from "./result-text.ts";

export interface Written {
  readonly rows: number;
  readonly errors: number;
}

/** Characters gathered before they are written. */
const FLUSH = 2 ** 20;

/**
 * Writes rows to a file as they come. The file is there when it is whole: it is written under another name first.
 *
 * @param onRow  told the number of rows so far
 */
export const writeRows = async (
  path: string,
  {
    rows,
    text,
    onRow,
  }: { readonly rows: AsyncIterable<ResultRow>; readonly text: ResultText; onRow?(n: number): void },
): Promise<Written> => {
  const temporary = `${path}.part`;
  const file = await open(temporary, "w");
  try {
    let pending = text.head === null ? "" : `${text.head}\n`;
    let count = 0;
    let errors = 0;
    for await (const row of rows) {
      pending += `${text.line(row)}\n`;
      if (row.error) errors++;
      onRow?.(++count);
      if (pending.length < FLUSH) continue;
      await file.write(pending);
      pending = "";
    }
    await file.write(pending);
    await file.sync();
    await file.close();
    await rename(temporary, path);
    return { rows: count, errors };
  } catch (thrown) {
    await file.close();
    await rm(temporary, { force: true });
    throw thrown;
  }
};

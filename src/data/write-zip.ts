import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

/** One file of an archive: its path in it, and the file it is made of. */
export interface ZipPart {
  readonly name: string;
  readonly path: string;
}

/** One moment for all entries, so that the same photos make the same archive. */
const MOMENT = new Date(Date.UTC(1980, 0, 1));

/**
 * Writes a zip archive; photos are stored as they are, for they hardly pack.
 *
 * @param parts  names with "/" between folders, without backslashes
 * @param file  must not exist
 */
export const writeZip = async (file: string, parts: readonly ZipPart[]): Promise<void> => {
  const zip = new ZipFile();
  const written = pipeline(zip.outputStream, createWriteStream(file, { flags: "wx" }));
  for (const { name, path } of parts)
    zip.addFile(path, name, {
      mtime: MOMENT,
      mode: 0o100644,
      compress: /\.(csv|jsonl?)$/.test(name),
      forceDosTimestamp: true,
    });
  zip.end();
  await Promise.race([written, new Promise<never>((_, reject) => zip.on("error", reject))]);
};

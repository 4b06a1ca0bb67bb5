import { inflateRawSync } from "node:zlib";

/** A file inside an archive. */
export interface Entry {
  readonly path: string;
  readonly bytes: Buffer;
}

/** The files of an uncompressed tar (ustar) archive. */
export const readTar = (archive: Buffer): Entry[] => {
  const entries: Entry[] = [];
  const text = (from: number, to: number): string => archive.toString("latin1", from, to).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const size = parseInt(text(at + 124, at + 136), 8);
    const kind = text(at + 156, at + 157);
    if (kind === "" || kind === "0")
      entries.push({ path: text(at, at + 100), bytes: archive.subarray(at + 512, at + 512 + size) });
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return entries;
};

/** The files of a zip archive, stored or deflated, by its central directory. */
export const readZip = (archive: Buffer): Entry[] => {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) throw new Error("not a zip archive: no central directory");
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < archive.readUInt16LE(end + 10); i++) {
    const [method, size] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20)];
    const [name, extra, comment] = [28, 30, 32].map((place) => archive.readUInt16LE(at + place));
    const path = archive.toString("utf8", at + 46, at + 46 + name!);
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const raw = archive.subarray(from, from + size);
    if (!path.endsWith("/")) entries.push({ path, bytes: method === 0 ? raw : inflateRawSync(raw) });
    at += 46 + name! + extra! + comment!;
  }
  return entries;
};

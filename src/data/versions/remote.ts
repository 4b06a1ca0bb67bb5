/** A place that packs are pushed to and pulled from. Names are relative to it, "/" between folders. */
export interface Remote {
  /** Where it is, for people. */
  readonly where: string;
  list(folder: string): Promise<{ readonly name: string; readonly sizeBytes: number }[]>;
  /** Bytes of a file or a part of it; null where there is no such file. */
  read(name: string, part?: { readonly offset: number; readonly length: number }): Promise<Buffer | null>;
  /** Writes a file whole or not at all, and makes sure that it arrived as it was sent. */
  write(name: string, bytes: Buffer): Promise<void>;
  /** Writes a small file if it holds `expected` now (null: is not there); says whether it did. */
  swap(name: string, expected: Buffer | null, next: Buffer): Promise<boolean>;
  close(): void;
}

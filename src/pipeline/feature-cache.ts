import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

const HASH_BYTES = 32;

/**
 * Embeddings kept on disk by the hash of the image's bytes, one folder per backbone key.
 *
 * Each run adds one segment file, written under a temporary name and renamed: a reader never sees half a segment,
 * and runs side by side do not disturb each other. A segment is a list of records [sha256, dim x float32], followed
 * by the sha256 of all of them; one that does not add up is passed over, and its images are embedded again.
 */
export interface FeatureCache {
  get(sha256: string): Float32Array | undefined;
  put(sha256: string, embedding: Float32Array): void;
  /** Writes what was put since. */
  flush(): Promise<void>;
}

const readSegment = (bytes: Buffer, dim: number, known: Map<string, Float32Array>): void => {
  const body = bytes.subarray(0, -HASH_BYTES);
  const record = HASH_BYTES + dim * 4;
  const sum = createHash("sha256").update(body).digest();
  if (bytes.length < HASH_BYTES || body.length % record !== 0 || !sum.equals(bytes.subarray(-HASH_BYTES))) return;
  for (let at = 0; at < body.length; at += record) {
    const values = new Uint8Array(body.subarray(at + HASH_BYTES, at + record));
    known.set(body.toString("hex", at, at + HASH_BYTES), new Float32Array(values.buffer));
  }
};

/** Opens the cache of one backbone. `directory` is made when missing. */
export const openFeatureCache = async (directory: string, key: string, dim: number): Promise<FeatureCache> => {
  const folder = join(directory, key);
  await mkdir(folder, { recursive: true });
  const known = new Map<string, Float32Array>();
  for (const name of (await readdir(folder)).filter((n) => n.endsWith(".features")).sort())
    readSegment(await readFile(join(folder, name)), dim, known);
  let fresh: (readonly [string, Float32Array])[] = [];
  return {
    get: (sha256) => known.get(sha256),
    put: (sha256, embedding) => {
      if (known.has(sha256)) return;
      known.set(sha256, embedding);
      fresh.push([sha256, embedding]);
    },
    flush: async () => {
      if (fresh.length === 0) return;
      const body = Buffer.concat(
        fresh.flatMap(([sha256, e]) => [Buffer.from(sha256, "hex"), Buffer.from(e.buffer, e.byteOffset, e.byteLength)]),
      );
      fresh = [];
      const path = join(folder, `${randomUUID()}.features`);
      const temporary = `${path}.tmp`;
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(Buffer.concat([body, createHash("sha256").update(body).digest()]));
        await file.sync();
        await file.close();
        await rename(temporary, path);
      } catch (thrown) {
        await file.close();
        await rm(temporary, { force: true });
        throw thrown;
      }
    },
  };
};

import { constants, gunzipSync } from "node:zlib";

/** Bytes of the headers of versions 1 and 2, with the mark of what follows them. */
const HEADER_BYTES = [352, 544] as const;

/** Bytes of a compressed file that surely hold its header, and the most that they may grow to. */
const HEAD = 4096;
const MOST = 2 ** 23;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The first bytes of a file without gzip's compression; null where that is damaged from the start. */
export const niftiHead = (bytes: Uint8Array): Uint8Array | null => {
  const head = bytes.subarray(0, HEAD);
  if (!isGzip(bytes)) return head;
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST });
  } catch {
    return null; // whoever asks takes it for no NIfTI file
  }
};

/** Whether the content is a NIfTI file of one part, compressed or not. */
export const isNifti = (bytes: Uint8Array): boolean => {
  const head = niftiHead(bytes);
  if (!head || head.length < 348) return false;
  return isFirst(head) || isSecond(head);
};

const magic = (head: Uint8Array, at: number): string => String.fromCharCode(...head.subarray(at, at + 4));
const isFirst = (head: Uint8Array): boolean => magic(head, 344) === "n+1\0";
const isSecond = (head: Uint8Array): boolean => magic(head, 4) === "n+2\0";

/** Whether all of the header is there. */
export const hasNiftiHeader = (head: Uint8Array): boolean => head.length >= HEADER_BYTES[isSecond(head) ? 1 : 0];

import type { Preprocess } from "../base/preprocess.ts";
import { MAX_PIXELS } from "../data/image.ts";
import { createPixelBudget } from "../data/pixel-budget.ts";
import { sniff, storedSize } from "../data/sniff.ts";
import { openThread, ownBytes, scriptBeside } from "./thread.ts";

/** Threads that turn encoded images into network input. Must be closed. */
export interface DecodePool {
  /**
   * `preprocessImage` in another thread.
   *
   * @returns uint8 RGB [height, width, 3]
   */
  decode(image: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Pixels that an image takes while it is decoded, by its header; 0 where it is refused unread. */
const pixelsOf = (image: Uint8Array): number => {
  const { format } = sniff(image);
  const size = format === null ? null : storedSize(image, format);
  const pixels = size ? size.width * size.height : 0;
  return pixels > MAX_PIXELS ? 0 : pixels;
};

/**
 * Opens threads that decode. Large images wait for each other: no more than 64 megapixels are decoded at once.
 *
 * @param onBroken  told when a thread ends by itself; what it was asked has failed
 */
export const openDecodePool = (threads: number, settings: Preprocess, onBroken: () => void): DecodePool => {
  const script = scriptBeside(import.meta.url, "decode-thread");
  const pool = Array.from({ length: threads }, () =>
    openThread<Uint8Array, Uint8Array>(script, { data: settings, onBroken }),
  );
  const budget = createPixelBudget();
  return {
    decode: (image) =>
      budget.run(pixelsOf(image), () => {
        const thread = pool.reduce((least, other) => (other.busy < least.busy ? other : least));
        const { bytes, buffer } = ownBytes(image);
        return thread.call(bytes, [buffer]);
      }),
    close: async () => {
      await Promise.all(pool.map((thread) => thread.close()));
    },
  };
};

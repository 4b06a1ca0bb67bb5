import type { Readable } from "node:stream";
import { HandfulError } from "../base/errors.ts";
import { requestError } from "./statuses.ts";

/** Bytes of request bodies in memory, all requests together. */
export interface ByteBudget {
  /** Whether `bytes` more found room. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  readonly taken: number;
}

export const createByteBudget = (limit: number): ByteBudget => {
  let taken = 0;
  return {
    take: (bytes) => {
      if (taken + bytes > limit) return false;
      taken += bytes;
      return true;
    },
    give: (bytes) => void (taken -= bytes),
    get taken() {
      return taken;
    },
  };
};

const tooLarge = (limit: number): HandfulError =>
  requestError(
    "E_BODY_TOO_LARGE",
    `wanted a body of at most ${(limit / 2 ** 20).toFixed(1)} MiB`,
    "Send fewer pictures at once, or smaller ones (the model sees a few hundred pixels).",
  );

/** Room at the beginning, in bytes. */
const FIRST_BYTES = 65536;

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: ByteBudget;
  /** Value of Content-Length, where there is one. */
  readonly declared: number | null;
}

/**
 * Reads a whole body into memory.
 *
 * What it holds of the budget is the caller's to give back: `body.length` bytes. When it throws it holds none.
 *
 * @throws E_BODY_TOO_LARGE, before reading where the length is declared; E_BUSY when the budget is used up; E_LEFT
 */
export const readBody = (stream: Readable, { maxBytes, budget, declared }: BodyLimits): Promise<Buffer> => {
  if (declared !== null && declared > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((done, failed) => {
    // One buffer that grows, and no list of chunks: a body sent byte by byte would cost a hundred times its length.
    let body = Buffer.allocUnsafeSlow(Math.min(declared ?? FIRST_BYTES, FIRST_BYTES));
    let length = 0;
    const stop = (error: Error): void => {
      stream.off("data", take);
      stream.resume();
      budget.give(length);
      length = 0;
      failed(error);
    };
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > maxBytes) return stop(tooLarge(maxBytes));
      if (!budget.take(chunk.length))
        return stop(new HandfulError("interrupted", "E_BUSY", "too much is being sent to this server at once"));
      if (length + chunk.length > body.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(2 * body.length, length + chunk.length));
        body.copy(larger, 0, 0, length);
        body = larger;
      }
      chunk.copy(body, length);
      length += chunk.length;
    };
    stream.on("data", take);
    stream.once("end", () => done(body.subarray(0, length)));
    const left = (): void => stop(new HandfulError("interrupted", "E_LEFT", "the client left"));
    stream.once("error", left);
    stream.once("close", () => {
      if (!stream.readableEnded) left();
    });
  });
};

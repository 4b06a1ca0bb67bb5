import { readClassifyJson, readInfer, type ClassifyAsk, type InferAsk } from "./read-pictures.ts";
import { openThread, ownBytes, scriptBeside, type Thread } from "./thread.ts";

export type ReadRequest =
  | { readonly kind: "classify"; readonly body: Uint8Array; readonly maxPictures: number }
  | {
      readonly kind: "infer";
      readonly body: Uint8Array;
      readonly maxPictures: number;
      readonly jsonLength: number | null;
      readonly height: number;
      readonly width: number;
    };

export type ReadResult = ClassifyAsk | InferAsk;

/** Reads bodies of JSON: small ones here, large ones in a thread, so that nobody waits for them. Must be closed. */
export interface JsonReader {
  classify(request: Omit<ReadRequest & { kind: "classify" }, "kind">): Promise<ClassifyAsk>;
  infer(request: Omit<ReadRequest & { kind: "infer" }, "kind">): Promise<InferAsk>;
  close(): Promise<void>;
}

/** JSON of so many bytes is read in well under a millisecond. */
const SMALL_BYTES = 32 * 1024;

export const createJsonReader = (): JsonReader => {
  let thread: Thread<ReadRequest, ReadResult> | null = null;
  const elsewhere = <R extends ReadResult>(request: ReadRequest): Promise<R> => {
    thread ??= openThread(scriptBeside(import.meta.url, "json-thread"), { onBroken: () => void (thread = null) });
    const { bytes, buffer } = ownBytes(request.body);
    return thread.call({ ...request, body: bytes }, [buffer]) as Promise<R>;
  };
  return {
    classify: async (request) =>
      request.body.length <= SMALL_BYTES
        ? readClassifyJson(request.body, request.maxPictures)
        : elsewhere({ kind: "classify", ...request }),
    infer: async (request) =>
      (request.jsonLength ?? request.body.length) <= SMALL_BYTES
        ? readInfer(request.body, request.jsonLength, request)
        : elsewhere({ kind: "infer", ...request }),
    close: async () => thread?.close(),
  };
};

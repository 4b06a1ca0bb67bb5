import { parentPort } from "node:worker_threads";
import type { ReadRequest, ReadResult } from "./json-reader.ts";
import { readClassifyJson, readInfer } from "./read-pictures.ts";
import { answerCalls, ownBytes } from "./thread.ts";

/** Entry of the thread of `json-reader.ts`. */
answerCalls<ReadRequest, ReadResult>(parentPort!, async (request) => {
  const transfer: ArrayBuffer[] = [];
  const own = (view: Uint8Array): Uint8Array => {
    const { bytes, buffer } = ownBytes(view);
    transfer.push(buffer);
    return bytes;
  };
  if (request.kind === "classify") {
    const { pictures, ...rest } = readClassifyJson(request.body, request.maxPictures);
    return {
      result: { ...rest, pictures: pictures.map(({ name, image }) => ({ name, image: own(image) })) },
      transfer,
    };
  }
  const { pictures, ...rest } = readInfer(request.body, request.jsonLength, request);
  return { result: { ...rest, pictures: pictures.map(own) }, transfer };
});

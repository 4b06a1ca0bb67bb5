import { parentPort, workerData } from "node:worker_threads";
import type { Preprocess } from "../base/preprocess.ts";
import { preprocessImage } from "../data/preprocess.ts";
import { answerCalls } from "./thread.ts";

/** Entry of a thread of `decode-pool.ts`. */
const settings = workerData as Preprocess;

answerCalls(parentPort!, async (bytes: Uint8Array) => {
  const result = await preprocessImage(bytes, settings);
  return { result, transfer: [result.buffer as ArrayBuffer] };
});

import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import type { AugmenterRequest, AugmenterResponse, AugmenterStart } from "./augmenter.ts";
import { applyDraws, samplePolicy } from "./policy.ts";

const { policy, seed, width, height } = workerData as AugmenterStart;
const port = parentPort!;

const answer = async ({ id, key, data }: AugmenterRequest): Promise<AugmenterResponse> => {
  const draws = samplePolicy(policy, createRandom(`${seed}/${key}`));
  const { data: varied } = await applyDraws({ width, height, data }, draws);
  return { id, data: varied };
};

port.on("message", (request: AugmenterRequest) => {
  answer(request).then(
    (response) => port.postMessage(response),
    (thrown: unknown) => port.postMessage({ id: request.id, error: messageOf(thrown) } satisfies AugmenterResponse),
  );
});

import { parentPort, workerData } from "node:worker_threads";
import { HandfulError, messageOf } from "../base/errors.ts";
import { openSession, type Session } from "./node.ts";
import { buffersOf, type WorkerRequest, type WorkerResponse, type WorkerStart } from "./worker-session.ts";

/** Entry of the thread of `worker-session.ts`. */
const port = parentPort!;
const answer = (response: WorkerResponse, buffers: ArrayBuffer[] = []): void => port.postMessage(response, buffers);
const plain = (thrown: unknown): { code: string; message: string } => ({
  code: thrown instanceof HandfulError ? thrown.code : "E_MODEL_RUN",
  message: messageOf(thrown),
});

const serve = (session: Session): void => {
  answer({ ready: { inputNames: session.inputNames, outputNames: session.outputNames } });
  port.on("message", async (request: WorkerRequest) => {
    if ("close" in request) {
      await session.close();
      port.close();
      return;
    }
    try {
      const results = await session.run(request.feeds, request.outputs);
      answer({ id: request.id, results }, buffersOf(results));
    } catch (thrown) {
      answer({ id: request.id, error: plain(thrown) });
    }
  });
};

const { model, options } = workerData as WorkerStart;
try {
  serve(await openSession(model, options));
} catch (thrown) {
  answer({ id: null, error: plain(thrown) });
}

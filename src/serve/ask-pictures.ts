import { HandfulError } from "../base/errors.ts";
import type { ServedModel } from "./served-model.ts";
import type { EngineAnswer, Question } from "./wire.ts";

/** Whether an error is that of one picture, and no reason to give the others up. */
const isPictures = (thrown: unknown): thrown is HandfulError =>
  thrown instanceof HandfulError && (thrown.kind === "data" || thrown.kind === "damaged");

/**
 * Asks a model for several pictures. A picture that fails for itself gets its error; what concerns the request (busy,
 * deadline, engine gone, client left) ends all of them.
 *
 * @throws E_BUSY, E_DEADLINE, E_ENGINE, E_MODEL_NOT_READY, the signal's reason
 */
export const askPictures = async (
  model: ServedModel,
  questions: readonly Question[],
  { remainingMs, signal }: { readonly remainingMs: number; readonly signal: AbortSignal },
): Promise<((EngineAnswer & { readonly version: string }) | HandfulError)[]> => {
  model.admit(remainingMs, questions.length);
  const rest = new AbortController();
  const forward = (): void => rest.abort(signal.reason);
  signal.addEventListener("abort", forward, { once: true });
  if (signal.aborted) forward();
  try {
    return await Promise.all(
      questions.map(async (question) => {
        try {
          return await model.ask(question, { remainingMs, signal: rest.signal });
        } catch (thrown) {
          if (isPictures(thrown)) return thrown;
          throw thrown;
        }
      }),
    );
  } catch (thrown) {
    rest.abort(thrown);
    throw thrown;
  } finally {
    signal.removeEventListener("abort", forward);
  }
};

import { availableParallelism } from "node:os";
import { testPicture } from "../../artifact/test-vectors.ts";
import { inputShape, inputSize, type Preprocess } from "../../base/preprocess.ts";
import type { Tensor } from "../../graph/dtype.ts";
import { openSession, type Session } from "../../runtime/node.ts";

/** Time of one run before and after, in one setting. */
export interface Speed {
  readonly threads: number;
  readonly batch: number;
  /** Medians over the rounds. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Median over the rounds of before / after: above 1 is faster. */
  readonly ratio: number;
}

const ROUNDS = 9;
const BATCHES = [1, 8];

const medianOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const timeOf = async (session: Session, feeds: Readonly<Record<string, Tensor>>): Promise<number> => {
  const start = performance.now();
  await session.run(feeds, ["probabilities", "embedding", "unknown_score"]);
  return performance.now() - start;
};

const compare = async (sessions: readonly [Session, Session], pixels: Tensor): Promise<Omit<Speed, "threads">> => {
  const times: [number, number][] = [];
  for (let round = 0; round <= ROUNDS; round++)
    times.push([await timeOf(sessions[0], { pixels }), await timeOf(sessions[1], { pixels })]);
  const counted = times.slice(1); // the first round warms up
  return {
    batch: pixels.shape[0]!,
    beforeMs: medianOf(counted.map(([before]) => before)),
    afterMs: medianOf(counted.map(([, after]) => after)),
    ratio: medianOf(counted.map(([before, after]) => before / after)),
  };
};

/** Times two models that take the same pictures, alternately, with one thread and two, for one picture and eight. */
export const compareSpeed = async (
  [before, after]: readonly [Uint8Array, Uint8Array],
  preprocess: Preprocess,
  fixedBatch: boolean,
): Promise<Speed[]> => {
  const size = inputSize(preprocess);
  const found: Speed[] = [];
  for (const threads of availableParallelism() > 1 ? [1, 2] : [1]) {
    const sessions = [await openSession(before, { threads }), await openSession(after, { threads })] as const;
    for (const batch of fixedBatch ? [1] : BATCHES) {
      const data = new Uint8Array(batch * size);
      for (let i = 0; i < batch; i++) data.set(testPicture(i + 1, preprocess), i * size);
      found.push({
        threads,
        ...(await compare(sessions, { dtype: "uint8", shape: [batch, ...inputShape(preprocess)], data })),
      });
    }
    for (const session of sessions) await session.close();
  }
  return found;
};

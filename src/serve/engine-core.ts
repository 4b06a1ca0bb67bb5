import { HandfulError } from "../base/errors.ts";
import { readPredictions, type LoadedModel } from "../artifact/load.ts";
import { testPicture } from "../artifact/test-vectors.ts";
import type { CostModel } from "./cost-model.ts";
import { toPlain, fromPlain, type EngineAnswer, type OutputInfo } from "./wire.ts";

/** A picture ready to be run, and the outputs wanted besides its prediction. */
export interface ReadyItem {
  readonly pixels: Uint8Array;
  readonly outputs: readonly string[];
}

type Answers = (EngineAnswer | HandfulError)[];

const runTogether = async (model: LoadedModel, items: readonly ReadyItem[]): Promise<Answers> => {
  const outputs = await model.outputs(items.map(({ pixels }) => pixels));
  const row = (name: string, i: number): number[] => {
    const values = outputs[name]!.data as ArrayLike<number | bigint>;
    const width = values.length / items.length;
    return Array.from({ length: width }, (_, j) => Number(values[i * width + j]));
  };
  return readPredictions(model.metadata, outputs).map((answer, i) => {
    if (answer instanceof HandfulError) return answer;
    const { embedding: _, ...prediction } = answer;
    const wanted = items[i]!.outputs.map((name) => [name, row(name, i)] as const);
    if (wanted.some(([, values]) => !values.every(Number.isFinite)))
      return new HandfulError("damaged", "E_MODEL_NAN", "the model answers with numbers that are not finite");
    return { prediction, outputs: Object.fromEntries(wanted) };
  });
};

/** Runs items together and, where that fails, each alone, so that only the one at fault gets the error. */
export const runItems = async (model: LoadedModel, items: readonly ReadyItem[]): Promise<Answers> => {
  try {
    return await runTogether(model, items);
  } catch (thrown) {
    if (items.length === 1) return [fromPlain(toPlain(thrown))];
    const answers: Answers = [];
    for (const item of items) answers.push(...(await runItems(model, [item])));
    return answers;
  }
};

/** Largest batch that is worth trying, and time that trying may take in all. */
const LARGEST = 32;
const TRIALS_MS = 1500;
/** A larger batch must be so much cheaper an item to be worth its longer wait. */
const WORTH = 0.97;

/**
 * Warms the engine up, teaches the cost model what batches of 1, 2, 4, ... take, and finds the smallest batch that
 * comes within 3 % of the best time an item: larger ones would only let pictures wait, and on processors with small
 * caches they are slower.
 *
 * @param now  a clock in milliseconds that never jumps
 */
export const findBatch = async (model: LoadedModel, cost: CostModel, now: () => number): Promise<number> => {
  const picture = testPicture(1, model.preprocess);
  const timed = async (n: number): Promise<number> => {
    const start = now();
    await model.outputs(Array.from({ length: n }, () => picture));
    return now() - start;
  };
  await timed(1);
  const began = now();
  let best = { items: 1, perItem: Infinity };
  for (let items = 1; items <= LARGEST && now() - began < TRIALS_MS; items *= 2) {
    const times: number[] = [];
    for (let trial = 0; trial < 3 && (trial === 0 || now() - began < TRIALS_MS); trial++)
      times.push(await timed(items));
    const ms = Math.min(...times);
    cost.observe(items, ms);
    if (ms / items < WORTH * best.perItem) best = { items, perItem: ms / items };
  }
  return best.items;
};

/** Names, types and shapes of the graph's outputs, from one run. */
export const describeOutputs = async (model: LoadedModel): Promise<OutputInfo[]> => {
  const outputs = await model.outputs([testPicture(1, model.preprocess)]);
  return Object.entries(outputs).map(([name, { dtype, shape }]) => ({
    name,
    dtype: dtype === "int64" ? "int64" : "float32",
    shape: shape.slice(1),
  }));
};

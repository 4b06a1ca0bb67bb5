import type { Model, Prediction } from "../artifact/load.ts";
import { HandfulError, messageOf } from "../base/errors.ts";
import type { Preprocess } from "../base/preprocess.ts";
import type { Item } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { createPixelBudget, type PixelBudget } from "../data/pixel-budget.ts";
import { preprocessImage } from "../data/preprocess.ts";

/** The answer for one picture, or why there is none. */
export type Answer =
  | { readonly name: string; readonly prediction: Prediction }
  | {
      readonly name: string;
      readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
    };

export interface Picture {
  readonly name: string;
  /** Bytes of the encoded image. */
  readonly read: () => Promise<Uint8Array>;
}

/**
 * Items of a data set as pictures to predict.
 *
 * @param hashes  sha256 that each must still have, by position
 */
export const picturesOf = (items: readonly Item[], hashes: readonly (string | undefined)[] = []): Picture[] =>
  items.map((item, i) => ({ name: item.name, read: async () => (await readItem(item, hashes[i])).bytes }));

const BATCH = 16;

/** Who answers: how pictures are prepared, how many together, and what is asked. */
export interface Asked<T> {
  readonly preprocess: Preprocess;
  readonly batch: number;
  /** @param inputs  preprocessed pictures, at most `batch`, maybe none; an answer each */
  ask(inputs: readonly Uint8Array[]): Promise<readonly T[]>;
}

const prepare = async (
  preprocess: Preprocess,
  picture: Picture,
  budget: PixelBudget,
): Promise<Uint8Array | HandfulError> => {
  try {
    return await preprocessImage(await picture.read(), preprocess, { budget });
  } catch (thrown) {
    return thrown instanceof HandfulError
      ? thrown
      : new HandfulError("data", "E_IMAGE_READ", messageOf(thrown), { cause: thrown });
  }
};

/** Answers pictures in their order; one that cannot be read gets an error of its own and stops no other. */
export async function* answerPictures<T>(
  { preprocess, batch, ask }: Asked<T>,
  pictures: readonly Picture[],
): AsyncGenerator<{ readonly name: string; readonly prediction: T } | Extract<Answer, { error: unknown }>> {
  const budget = createPixelBudget();
  const prepareBatch = (start: number) =>
    pictures.slice(start, start + batch).map((picture) => prepare(preprocess, picture, budget));
  let next = prepareBatch(0);
  for (let start = 0; start < pictures.length; start += batch) {
    const prepared = await Promise.all(next);
    next = prepareBatch(start + batch); // decoded while this batch is computed
    const predictions = await ask(prepared.filter((p) => p instanceof Uint8Array));
    let at = 0;
    for (const [i, p] of prepared.entries()) {
      const { name } = pictures[start + i]!;
      if (p instanceof Uint8Array) yield { name, prediction: predictions[at++]! };
      else yield { name, error: { code: p.code, message: p.message, hint: p.hint ?? null } };
    }
  }
}

/** Predicts pictures in their order; as `answerPictures`. */
export const predictPictures = (model: Model, pictures: readonly Picture[]): AsyncGenerator<Answer> =>
  answerPictures({ preprocess: model.preprocess, batch: BATCH, ask: (inputs) => model.predict(inputs) }, pictures);

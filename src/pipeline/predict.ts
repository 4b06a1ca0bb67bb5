import type { Model, Prediction } from "../artifact/load.ts";
import { HandfulError, messageOf } from "../base/errors.ts";
import type { Item } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
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

/** Items of a data set as pictures to predict. */
export const picturesOf = (items: readonly Item[]): Picture[] =>
  items.map((item) => ({ name: item.name, read: async () => (await readItem(item)).bytes }));

const BATCH = 16;

const prepare = async (model: Model, picture: Picture): Promise<Uint8Array | HandfulError> => {
  try {
    return await preprocessImage(await picture.read(), model.preprocess);
  } catch (thrown) {
    return thrown instanceof HandfulError
      ? thrown
      : new HandfulError("data", "E_IMAGE_READ", messageOf(thrown), { cause: thrown });
  }
};

/** Predicts pictures in their order; one that cannot be read gets an error of its own and stops no other. */
export async function* predictPictures(model: Model, pictures: readonly Picture[]): AsyncGenerator<Answer> {
  const prepareBatch = (start: number) =>
    pictures.slice(start, start + BATCH).map((picture) => prepare(model, picture));
  let next = prepareBatch(0);
  for (let start = 0; start < pictures.length; start += BATCH) {
    const prepared = await Promise.all(next);
    next = prepareBatch(start + BATCH); // decoded while this batch is computed
    const good = prepared.filter((p) => p instanceof Uint8Array);
    const predictions = await model.predict(good);
    let at = 0;
    for (const [i, p] of prepared.entries()) {
      const { name } = pictures[start + i]!;
      if (p instanceof Uint8Array) yield { name, prediction: predictions[at++]! };
      else yield { name, error: { code: p.code, message: p.message, hint: p.hint ?? null } };
    }
  }
}

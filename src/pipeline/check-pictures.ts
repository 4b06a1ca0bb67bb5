import { optionError } from "../base/errors.ts";
import type { Preprocess } from "../base/preprocess.ts";

/**
 * Refuses a model of volumes where only pictures make sense.
 *
 * @param what  what is for pictures: "explain"
 */
export const checkPictures = ({ depth }: Pick<Preprocess, "depth">, what: string): void => {
  if (depth !== undefined)
    throw optionError(`${what} is for pictures, this model takes volumes`, { hint: "See docs/medical.md." });
};

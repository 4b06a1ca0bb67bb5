import { HandfulError } from "../base/errors.ts";

/** Why a method that answers its queries together cannot become a model file, which answers photos one by one. */
export const transductiveError = (name: string): HandfulError =>
  new HandfulError("usage", "E_TRANSDUCTIVE", `${name} answers all its queries together: no model file can hold it`, {
    hint: "Choose a head that answers photos one by one; handful bench few-shot compares them with it.",
  });

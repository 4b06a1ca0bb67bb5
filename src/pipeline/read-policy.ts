import { readFile } from "node:fs/promises";
import { HandfulError, messageOf, optionError } from "../base/errors.ts";
import { checkPolicy, policyNamed } from "../data/check-policy.ts";
import type { Policy } from "../data/policy.ts";

/** Whether a text is meant as a path and not as a policy's name. */
const isPath = (text: string): boolean => text.endsWith(".json") || /[\\/]/.test(text);

/**
 * A policy by its name, or from a JSON file by its path.
 *
 * @throws optionError for an unknown name, and naming the file and what is wrong in it
 */
export const readPolicy = async (nameOrPath: string): Promise<Policy> => {
  if (!isPath(nameOrPath)) return policyNamed(nameOrPath);
  let text: string;
  try {
    text = await readFile(nameOrPath, "utf8");
  } catch (thrown) {
    throw optionError(`${nameOrPath}: cannot be read (${messageOf(thrown)})`, {
      hint: "Give the path of a policy file, or the name of a policy.",
      cause: thrown,
    });
  }
  try {
    return checkPolicy(JSON.parse(text));
  } catch (thrown) {
    const hint = thrown instanceof HandfulError ? thrown.hint : "Check its commas, quotes and brackets.";
    throw optionError(`${nameOrPath}: ${messageOf(thrown)}`, { cause: thrown, ...(hint !== undefined && { hint }) });
  }
};

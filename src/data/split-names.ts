import type { Split } from "./dataset.ts";

const SPELLINGS: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validate: "validation",
  validation: "validation",
  dev: "validation",
  test: "test",
  testing: "test",
};

/** The split that a folder or manifest names, in any usual spelling, or null where it names none. */
export const splitOf = (name: string): Split | null => {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(SPELLINGS, key) ? SPELLINGS[key]! : null;
};

import { isPlainLabel } from "../artifact/metadata.ts";
import { HandfulError, optionError } from "../base/errors.ts";
import { unknownName } from "../base/nearest-name.ts";

/** New classes, and which of them each old one becomes; -1: none. */
export interface Renumbering {
  readonly labels: readonly string[];
  readonly becomes: readonly number[];
}

const refuse = (code: string, message: string, hint: string): HandfulError =>
  new HandfulError("usage", code, message, { hint });

/** The place of a class. @throws E_OPTION with the nearest name */
export const classAt = (labels: readonly string[], name: string): number => {
  const at = labels.indexOf(name);
  if (at < 0) throw unknownName("class", name, labels);
  return at;
};

/**
 * Refuses a name that no class of a model can bear besides the given ones.
 *
 * @throws HandfulError E_CLASS_NAME; E_CLASS_EXISTS
 */
export const checkClassName = (name: string, labels: readonly string[]): void => {
  if (name.trim() === "" || !isPlainLabel(name))
    throw refuse(
      "E_CLASS_NAME",
      `a class cannot be named ${JSON.stringify(name)}: wanted a text without markup`,
      "Choose another name.",
    );
  if (labels.includes(name))
    throw refuse(
      "E_CLASS_EXISTS",
      `the model has a class "${name}" already`,
      "Choose another name; to make one class of two: handful model merge-classes.",
    );
};

const checkTwo = (labels: readonly string[], what: string): void => {
  if (labels.length < 2)
    throw refuse(
      "E_ONE_CLASS",
      `${what} would leave one class; a classifier needs two or more`,
      "Add another class first: handful model add-class.",
    );
};

/** Without one class. @throws E_OPTION; E_ONE_CLASS */
export const withoutClass = (labels: readonly string[], name: string): Renumbering => {
  const gone = classAt(labels, name);
  const rest = labels.filter((_, c) => c !== gone);
  checkTwo(rest, `removing "${name}"`);
  return { labels: rest, becomes: labels.map((label) => rest.indexOf(label)) };
};

/** With one class under another name. @throws E_OPTION; E_CLASS_NAME; E_CLASS_EXISTS */
export const withNewName = (labels: readonly string[], name: string, to: string): Renumbering => {
  const at = classAt(labels, name);
  checkClassName(to, labels);
  return { labels: labels.with(at, to), becomes: [...labels.keys()] };
};

/**
 * With several classes as one, in the place of the first of them.
 *
 * @param into  its name: a new one, or that of a part
 * @throws E_OPTION; E_CLASS_NAME; E_CLASS_EXISTS; E_ONE_CLASS
 */
export const withMerged = (labels: readonly string[], names: readonly string[], into: string): Renumbering => {
  const parts = new Set(names.map((name) => classAt(labels, name)));
  const listed = names.map((name) => `"${name}"`).join(", ");
  if (parts.size < 2 || parts.size < names.length)
    throw optionError(`merging: wanted two or more classes, each once, got ${listed}`, {
      hint: 'handful model merge-classes model.onnx "hex bolt" "eye bolt" --into bolt',
    });
  checkClassName(
    into,
    labels.filter((_, c) => !parts.has(c)),
  );
  const first = Math.min(...parts);
  const merged = labels.flatMap((label, c) => (c === first ? [into] : parts.has(c) ? [] : [label]));
  checkTwo(merged, `merging ${listed}`);
  return { labels: merged, becomes: labels.map((label, c) => merged.indexOf(parts.has(c) ? into : label)) };
};

import type { Item } from "../dataset.ts";
import type { TagSpec } from "./collection-spec.ts";

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** A value as a word of its own: "day" stands in "x_day_1.jpg", not in "birthday.jpg". */
const wordOf = (value: string): string => `(?<![^/_\\-. ])${literal(value)}(?![^/_\\-. ])`;

/**
 * Whether "*_{}_*" fits a name with a value for `{}` and anything for `*`. The parts between stars are looked for one
 * after the other, each as early as possible: no pattern takes long.
 */
const createMatcher = (pattern: string, value: string): ((name: string) => boolean) => {
  const parts = pattern.split(/\*+/).map((part) => part.split("{}").map(literal).join(wordOf(value)));
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const flags = "giu";
  const searches = parts.map((part, i) => new RegExp(`${i === 0 ? "^" : ""}(?:${part})`, flags));
  const ending = new RegExp(`(?:${last})$`, flags);
  if (parts.length === 1) return (name) => new RegExp(`^(?:${first})$`, "iu").test(name);
  return (name) => {
    let at = 0;
    for (const search of searches.slice(0, -1)) {
      search.lastIndex = at;
      if (!search.test(name)) return false;
      at = search.lastIndex;
    }
    ending.lastIndex = at;
    return ending.test(name);
  };
};

/**
 * A reader of one capture condition: from a column of the manifest, or from folder and file name.
 *
 * A pattern is matched against the whole name, folders and suffix included, whatever its case.
 *
 * @returns the value as the specification spells it; null where none of them is found
 */
export const createTagReader = ({ column, name, values }: TagSpec): ((item: Item) => string | null) => {
  if (name !== undefined) {
    const matchers = values.map((value) => ({ value, fits: createMatcher(name, value) }));
    return (item) => matchers.find(({ fits }) => fits(item.name))?.value ?? null;
  }
  const known = new Map(values.map((value) => [value.trim().toLowerCase(), value]));
  return (item) => known.get(item.columns?.get(column!.trim().toLowerCase())?.trim().toLowerCase() ?? "") ?? null;
};

import { requestError } from "./statuses.ts";

/** Deepest nesting of arrays and objects taken. */
const DEEPEST = 32;
/** Most fields of one object taken. */
const WIDEST = 256;

const refuse = (what: string) => requestError("E_BODY_JSON", `wanted plain JSON, got ${what}`);

/** Position behind the string that begins at `start`. */
const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; ;) {
    const end = text.indexOf('"', at);
    if (end < 0) throw refuse("a string without an end");
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
    at = end + 1;
  }
};

/** Refuses what two readers could understand differently, and what costs more than it says. */
const checkForm = (text: string): void => {
  const open: (Set<string> | null)[] = []; // null: an array
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{" || char === "[") {
      if (open.push(char === "{" ? new Set() : null) > DEEPEST) throw refuse(`more than ${DEEPEST} levels`);
    } else if (char === "}" || char === "]") open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (names && isName(text, end)) addName(names, JSON.parse(text.slice(at, end)) as string);
      at = end - 1;
    }
  }
};

/** Whether a colon follows. */
const isName = (text: string, end: number): boolean => {
  let at = end;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
};

const addName = (names: Set<string>, name: string): void => {
  if (name === "__proto__") throw refuse('a field "__proto__"');
  if (names.has(name)) throw refuse(`a field twice (${JSON.stringify(name.slice(0, 64))})`);
  if (names.add(name).size > WIDEST) throw refuse(`more than ${WIDEST} fields`);
};

/**
 * Reads JSON in UTF-8 from somebody unknown: at most 32 levels and 256 fields an object, no field twice, no `__proto__`.
 *
 * @throws E_BODY_JSON; nothing of the text is repeated but the name of a field
 */
export const parseStrictJson = (bytes: Uint8Array): unknown => {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse("bytes that are no UTF-8");
  }
  try {
    checkForm(text);
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw refuse("something else");
    throw thrown;
  }
};

import { readFile } from "node:fs/promises";
import { isNode, LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { dataError, type HandfulError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import { photoChecks } from "./photo-checks.ts";

const limits = z
  .strictObject({ least: z.number().optional(), most: z.number().optional() })
  .refine(({ least, most }) => least !== undefined || most !== undefined, "wanted least, most, or both")
  .refine(({ least, most }) => !(least! > most!), "wanted least no larger than most");

const share = z.number().min(0).max(1);

const tag = z
  .strictObject({
    column: z.string().min(1).optional(),
    name: z
      .string()
      .regex(/^[^{}]*\{\}[^{}]*$/, 'wanted {} once, where the tag stands, as in "*_{}_*"')
      .max(200)
      .optional(),
    values: z.array(z.string().min(1)).min(1),
    per_class: z.int().min(0).default(1),
  })
  .refine(({ column, name }) => (column === undefined) !== (name === undefined), "wanted either column or name");

const schema = z.strictObject({
  version: z.literal(1),
  photo: z
    .partialRecord(z.enum(photoChecks.map(({ key }) => key)), limits)
    .check(({ value, issues }) => {
      for (const { key, low, high } of photoChecks)
        for (const [side, fault] of [
          ["least", low],
          ["most", high],
        ] as const)
          if (value[key]?.[side] !== undefined && !fault)
            issues.push({ code: "custom", input: value, path: [key, side], message: `is no fault of a photo` });
    })
    .default({}),
  class: z
    .strictObject({ photos: z.int().min(0), background: share, angles: share })
    .partial()
    .default({}),
  border: z.strictObject({ most: share }).optional(),
  tags: z.record(z.string().min(1), tag).default({}),
});

/** What photos of a collection should be like. */
export type CollectionSpec = z.infer<typeof schema>;
/** Limits on one number; either side may be open. */
export type Limits = z.infer<typeof limits>;
/** A capture condition: where its value is found, and how many photos of each value every class needs. */
export type TagSpec = z.infer<typeof tag>;

/** Keys of one place of the file, for suggestions. */
const knownKeys = (path: readonly PropertyKey[]): readonly string[] => {
  if (path.length === 0) return ["version", "photo", "class", "border", "tags"];
  if (path[0] === "class") return ["photos", "background", "angles"];
  if (path[0] === "photo" && path.length === 1) return photoChecks.map(({ key }) => key);
  return path[0] === "tags" ? ["column", "name", "values", "per_class"] : ["least", "most"];
};

/** Line of the innermost part of a path that the file has, from 1. */
const lineOf = (document: Document, lines: LineCounter, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};

const specError = (file: string, line: number, message: string): HandfulError =>
  dataError("E_SPEC", `${file}, line ${line}: ${message}`, {
    hint: "handful data spec init <good photos> -o spec.yaml writes one that explains every key.",
  });

const problemOf = (issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; message: string } => {
  const at = issue.path.join(".");
  const unknown = issue.code === "unrecognized_keys" ? issue.keys[0]! : null;
  const badKey = issue.code === "invalid_key" ? String(issue.path.at(-1)) : null;
  const name = unknown ?? badKey;
  if (name === null) return { path: issue.path, message: `${at || "the file"}: ${issue.message}` };
  const parent = unknown === null ? issue.path.slice(0, -1) : issue.path;
  const near = nearestName(name, knownKeys(parent));
  const known = near ? `did you mean ${near}?` : `known are ${knownKeys(parent).join(", ")}`;
  return { path: [...parent, name], message: `unknown key "${[...parent, name].join(".")}"; ${known}` };
};

/**
 * A specification from its text.
 *
 * @param file  for messages
 * @throws E_SPEC naming the line and the key
 */
export const parseCollectionSpec = (text: string, file: string): CollectionSpec => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken) throw specError(file, lines.linePos(broken.pos[0]).line, broken.message.split("\n")[0]!);
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (parsed.success) return parsed.data;
  const { path, message } = problemOf(parsed.error.issues[0]!);
  throw specError(file, lineOf(document, lines, path), message);
};

/**
 * A specification from a YAML file.
 *
 * @throws E_SPEC; what the system says where the file cannot be read
 */
export const readCollectionSpec = async (file: string): Promise<CollectionSpec> =>
  parseCollectionSpec(await readFile(file, "utf8"), file);

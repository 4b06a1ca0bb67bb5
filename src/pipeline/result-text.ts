import { optionError } from "../base/errors.ts";
import { csvRow } from "../data/csv-row.ts";
import { extensionOf } from "../data/names.ts";
import type { ResultRow } from "../queue/result-row.ts";
import type { Task } from "../queue/task.ts";
import type { answerOf } from "./open-answerer.ts";

/** How rows of results become lines of a file. */
export interface ResultText {
  /** The first line; null where there is none. */
  readonly head: string | null;
  line(row: ResultRow): string;
}

type Classified = ReturnType<typeof answerOf>;

/** Digits that tell every float32 from its neighbours. */
const FLOAT32_DIGITS = 9;

const numbersOf = (embedding: Float32Array): number[] =>
  Array.from(embedding, (value) => Number(value.toPrecision(FLOAT32_DIGITS)));

const classifiedCells = ({ label, probability, likeliest, set, unknownScore, nearest }: Classified) => [
  label,
  probability,
  likeliest,
  set.join(" "),
  unknownScore,
  nearest.map(({ name }) => name).join(" "),
];

const NO_ANSWER = [null, null, null, null, null, null];

const csvTexts: Readonly<Record<Task["kind"], ResultText>> = {
  classify: {
    head: "file,sha256,label,probability,likeliest,set,unknown_score,nearest,error",
    line: ({ name, sha256, answer, error }) =>
      csvRow([
        name,
        sha256,
        ...(answer ? classifiedCells(answer as Classified) : NO_ANSWER), // what `answerOf` made, come back from JSON
        error?.message ?? null,
      ]),
  },
  embed: {
    head: "file,sha256,embedding,error",
    line: ({ name, sha256, embedding, error }) =>
      csvRow([name, sha256, embedding && numbersOf(embedding).join(" "), error?.message ?? null]),
  },
};

/** The fields in one order, whatever order a database keeps them in. */
const inOrder = (answer: Classified): Classified => ({
  label: answer.label,
  unknown: answer.unknown,
  likeliest: answer.likeliest,
  probability: answer.probability,
  set: answer.set,
  unknownScore: answer.unknownScore,
  nearest: answer.nearest.map(({ name, label, similarity }) => ({ name, label, similarity })),
  probabilities: answer.probabilities.map(({ label, probability }) => ({ label, probability })),
});

const jsonl: ResultText = {
  head: null,
  line: ({ name, sha256, answer, embedding, error }) =>
    JSON.stringify({
      file: name,
      sha256,
      ...(answer && inOrder(answer as Classified)),
      ...(embedding && { embedding: numbersOf(embedding) }),
      ...(error && { error: { code: error.code, message: error.message, hint: error.hint } }),
    }),
};

/**
 * The format that a file's name asks for: `.csv`, or `.jsonl` with a JSON object a line.
 *
 * An embedding is one cell in CSV, its numbers with spaces between, and a list in JSON.
 *
 * @throws optionError for any other name
 */
export const resultText = (path: string, kind: Task["kind"]): ResultText => {
  const extension = extensionOf(path);
  if (extension === "csv") return csvTexts[kind];
  if (extension === "jsonl" || extension === "ndjson") return jsonl;
  throw optionError(`${path}: wanted a name that ends in .csv or .jsonl`, { hint: `For example ${path}.csv` });
};

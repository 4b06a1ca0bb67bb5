import { internalError } from "../base/errors.ts";
import { probabilityOf } from "../evaluate/evidence.ts";
import { labelSuspects, type Suspect } from "./label-suspects.ts";
import { DEFAULT_LIMITS, type ReportInput, type ReportLimits } from "./input.ts";

/** One image that was learned from, with what models that had not seen it said. */
export interface Row {
  readonly row: number;
  readonly item: number;
  readonly name: string;
  readonly label: number;
}

export interface Judged extends Row {
  readonly predicted: number;
  /** Of the predicted class. */
  readonly probability: number;
  /** Of the true class. */
  readonly truth: number;
}

/** Truth taken for another class. */
export interface ConfusedPair {
  readonly label: number;
  readonly predicted: number;
  /** Most confident first. */
  readonly rows: readonly Judged[];
  /** Of the truth's images, in [0, 1]. */
  readonly share: number;
}

/** What several sections read off the input, worked out once. */
export interface View {
  readonly input: ReportInput;
  readonly limits: ReportLimits;
  readonly classNames: readonly string[];
  readonly rows: readonly Row[];
  /** Null where accuracy could not be estimated; of a sample those that were asked. */
  readonly judged: readonly Judged[] | null;
  /** The judgement of a row, where there is one. */
  readonly judgedAt: ReadonlyMap<number, Judged>;
  /** Most images first. */
  readonly pairs: readonly ConfusedPair[];
  /** Rows whose label is doubtful, most doubtful first. */
  readonly suspects: readonly Suspect[];
}

/** Name of class `index`. */
export const className = (view: Pick<View, "classNames">, index: number): string => view.classNames[index] ?? "?";

export const viewOf = (input: ReportInput): View => {
  const classNames = input.evidence.classes.map((one) => one.name);
  const rows = rowsOf(input, classNames);
  const judged = judge(input, rows);
  return {
    input,
    limits: { ...DEFAULT_LIMITS, ...input.limits },
    classNames,
    rows,
    judged,
    judgedAt: new Map(judged?.map((one) => [one.row, one])),
    pairs: judged ? confusedPairs(judged, classNames.length) : [],
    suspects: input.evidence.outOfFold ? labelSuspects(input.evidence.outOfFold, classNames.length) : [],
  };
};

const rowsOf = (input: ReportInput, classNames: readonly string[]): Row[] => {
  const { outOfFold } = input.evidence;
  if (outOfFold && outOfFold.length !== input.items.length)
    throw internalError(`report: ${outOfFold.length} rows of evidence, ${input.items.length} items`);
  const indexOf = new Map(classNames.map((name, index) => [name, index]));
  return Array.from(input.items, (item, row) => {
    const found = input.dataset.items[item];
    if (!found) throw internalError(`report: item ${item} is not in the data set`);
    return { row, item, name: found.name, label: outOfFold?.[row]?.label ?? indexOf.get(found.label ?? "") ?? -1 };
  });
};

const judge = (input: ReportInput, rows: readonly Row[]): Judged[] | null => {
  const { outOfFold } = input.evidence;
  if (!outOfFold) return null;
  return rows.flatMap((row, i) => {
    const one = outOfFold[i]!;
    if (one.probabilities.length === 0) return [];
    const { predicted } = one;
    return [{ ...row, predicted, probability: probabilityOf(one, predicted), truth: probabilityOf(one, row.label) }];
  });
};

const confusedPairs = (judged: readonly Judged[], classes: number): ConfusedPair[] => {
  const images = new Int32Array(classes);
  const byPair = new Map<number, Judged[]>();
  for (const row of judged) {
    images[row.label]!++;
    if (row.predicted === row.label) continue;
    const key = row.label * classes + row.predicted;
    const found = byPair.get(key);
    if (found) found.push(row);
    else byPair.set(key, [row]);
  }
  return [...byPair.values()]
    .map((rows) => {
      const { label, predicted } = rows[0]!;
      rows.sort((a, b) => b.probability - a.probability || a.row - b.row);
      return { label, predicted, rows, share: rows.length / images[label]! };
    })
    .sort((a, b) => b.rows.length - a.rows.length || b.share - a.share || a.label - b.label);
};

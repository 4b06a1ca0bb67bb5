import { optionError } from "../../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import { countShots } from "../few-shot/_shared.ts";
import type { Support } from "../method.ts";
import type { PseudoLabels, SemiSupervisedTask } from "../semi-supervised-method.ts";
import { checkShare, gathered, likeliest } from "./_accept.ts";

export interface SpreadOptions {
  /** k of the graph. */
  readonly neighbours: number;
  /**
   * Of every class, by the labels the graph gives, the surest part that gets a label, in (0, 1]. A graph's answers order
   * the rows; they are no probabilities, so that a threshold would mean nothing.
   */
  readonly share: number;
}

/** @throws E_OPTION */
export const checkSpread = ({ neighbours, share }: SpreadOptions): void => {
  if (!Number.isInteger(neighbours) || neighbours < 1)
    throw optionError(`neighbours: wanted a whole number from 1, got ${neighbours}`);
  checkShare("share", share);
};

/** Images of every class that are taken for seen before any is counted: few do not tell how frequent a class is. */
const PRIOR_IMAGES = 10;

/**
 * Class mass normalisation, in place: every class's column scaled so that its sum is the class's part of all images, then
 * rows to sum 1. A row that no label reaches stays 0.
 *
 * Differs from the paper: the part is (n_c + 10) / Σ (n + 10), as good as equal where few are labelled.
 * @see Zhu, Ghahramani & Lafferty 2003, section 4, eq. 9
 */
export const normaliseMass = (reached: Matrix, support: Pick<Support, "labels" | "ways">): Matrix => {
  const counts = countShots(support);
  const mass = new Float64Array(reached.columns);
  for (let i = 0; i < reached.rows; i++) rowOf(reached, i).forEach((f, c) => (mass[c]! += f));
  for (let i = 0; i < reached.rows; i++) {
    const row = rowOf(reached, i);
    let sum = 0;
    for (let c = 0; c < row.length; c++)
      sum += row[c] = Math.max(0, mass[c]! > 0 ? (row[c]! * (counts[c]! + PRIOR_IMAGES)) / mass[c]! : 0);
    if (sum > 0) for (let c = 0; c < row.length; c++) row[c]! /= sum;
  }
  return reached;
};

/** Columns side by side, of the rows from `skip` on. */
export const besides = (columns: readonly Float64Array[], skip: number): Matrix => {
  const out = matrix(columns[0]!.length - skip, columns.length);
  columns.forEach((column, c) => {
    for (let i = skip; i < column.length; i++) out.data[(i - skip) * columns.length + c] = column[i]!;
  });
  return out;
};

/** Gives the surest part of every class its label, in one round. */
export const acceptShare = ({ support }: SemiSupervisedTask, reached: Matrix, share: number): PseudoLabels => {
  const { labels, confidences } = likeliest(normaliseMass(reached, support));
  const order = [...labels.keys()].filter((row) => confidences[row]! > 0);
  order.sort((a, b) => confidences[b]! - confidences[a]! || a - b);
  const left = Float64Array.from({ length: support.ways }, (_, c) =>
    Math.ceil(share * order.filter((row) => labels[row] === c).length),
  );
  const taken = order.filter((row) => left[labels[row]!]!-- > 0);
  return gathered(new Map(taken.map((row) => [row, { label: labels[row]!, round: 1, confidence: confidences[row]! }])));
};

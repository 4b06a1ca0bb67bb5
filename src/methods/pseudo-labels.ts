import { stackRows, takeRows, type Matrix } from "../base/matrix.ts";
import { weighWithMore } from "./class-weights.ts";
import type { Support } from "./method.ts";
import type { PseudoLabels } from "./semi-supervised-method.ts";

/** No row has a label. */
export const NO_LABELS: PseudoLabels = {
  rows: new Int32Array(0),
  labels: new Int32Array(0),
  rounds: new Int32Array(0),
  confidences: new Float64Array(0),
};

/** The labelled rows, then those of the pool that were given a label; every class keeps its share of the labelled ones. */
export const withPseudoLabels = (
  support: Support,
  pool: Matrix,
  { rows, labels }: Pick<PseudoLabels, "rows" | "labels">,
): Support =>
  rows.length === 0
    ? support
    : {
        ...support,
        features: stackRows([support.features, takeRows(pool, rows)]),
        labels: Int32Array.from([...support.labels, ...labels]),
        classWeights: weighWithMore(support, labels),
      };

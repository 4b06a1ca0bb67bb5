/** How far answers are from the wanted ones. */
export interface Noise {
  /** Squared error of the embeddings over their squared distance from their mean: 0 the same, 1 as far as another picture. */
  readonly embedding: number;
  /** Half the summed absolute difference of the probabilities, mean over pictures: 0 .. 1. */
  readonly probabilities: number;
}

/** What a model says of pictures, row by row. */
export interface Answers {
  readonly embeddings: readonly Float32Array[];
  readonly probabilities: readonly Float32Array[];
}

const spreadOf = (rows: readonly Float32Array[]): number => {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) row.forEach((x, j) => (mean[j]! += x / rows.length));
  return rows.reduce((sum, row) => sum + row.reduce((own, x, j) => own + (x - mean[j]!) ** 2, 0), 0);
};

/** What quantising adds to the answers, on the same pictures. */
export const noiseOf = (wanted: Answers, got: Answers): Noise => {
  let error = 0;
  let variation = 0;
  wanted.embeddings.forEach((row, i) => row.forEach((x, j) => (error += (x - got.embeddings[i]![j]!) ** 2)));
  wanted.probabilities.forEach((row, i) =>
    row.forEach((p, c) => (variation += Math.abs(p - got.probabilities[i]![c]!) / 2)),
  );
  return {
    embedding: error / Math.max(spreadOf(wanted.embeddings), Number.MIN_VALUE),
    probabilities: variation / wanted.probabilities.length,
  };
};

/** Both in one number, to rank by. */
export const totalOf = ({ embedding, probabilities }: Noise): number => embedding + probabilities;

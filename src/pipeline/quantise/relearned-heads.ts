import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import { rowOf, takeRows, type Matrix } from "../../base/matrix.ts";
import { probabilitiesOf } from "../../evaluate/calibrate.ts";
import type { Algebra } from "../../methods/algebra.ts";
import { weighClasses } from "../../methods/class-weights.ts";
import { fewShotMethods } from "../../methods/few-shot/index.ts";
import type { Method } from "../../methods/method.ts";
import type { Answers } from "./ask.ts";

/** The method of a model's head, where it can be learned again from embeddings; null for a tuned network, say. */
export const headOf = ({ head, changes }: ArtifactMetadata): Method | null =>
  changes || head.columns ? null : (fewShotMethods.find(({ name }) => name === head.name) ?? null);

export interface RelearnTask {
  readonly metadata: ArtifactMetadata;
  readonly method: Method;
  /** Embeddings of the photos by the model in floats, [photos, dim]. */
  readonly embeddings: Matrix;
  readonly labels: Int32Array;
  readonly folds: Int32Array;
  /** The model learned from them: only these are learned from, and only of these are the answers replaced. */
  readonly learned: readonly boolean[];
  readonly algebra: Algebra;
}

/** Replaces what a model says of photos that it learned from by what its head says that was learned without their fold. */
export type OutOfFold = (answers: Answers) => Promise<Matrix>;

/**
 * Learns the model's head again for every fold, on the float embeddings of the photos of other folds that the model had
 * learned from.
 *
 * @returns null where a fold's head would lack a class
 */
export const relearnHeads = async (task: RelearnTask): Promise<OutOfFold | null> => {
  const { metadata, method, embeddings, labels, folds, learned, algebra } = task;
  const ways = metadata.labels.length;
  const rows = [...learned.keys()].filter((i) => learned[i]);
  const heads: { held: number[]; state: unknown }[] = [];
  for (const fold of new Set(rows.map((i) => folds[i]!))) {
    const others = rows.filter((i) => folds[i] !== fold);
    const own = Int32Array.from(others, (i) => labels[i]!);
    if (new Set(own).size < ways) return null;
    const support = {
      features: takeRows(embeddings, others),
      labels: own,
      ways,
      classWeights: weighClasses(metadata.head.classWeights ?? "balanced", { labels: own, ways }),
    };
    const options = { ...method.defaults, ...metadata.head.options };
    heads.push({ held: rows.filter((i) => folds[i] === fold), state: await method.fit(support, options, algebra) });
  }
  return async ({ embeddings: asked, probabilities }) => {
    const out = takeRows(probabilities, [...labels.keys()]);
    for (const { held, state } of heads) {
      const scores = await method.predict(state, takeRows(asked, held), algebra);
      const own = probabilitiesOf(scores, metadata.head.temperature);
      held.forEach((row, i) => rowOf(out, row).set(rowOf(own, i)));
    }
    return out;
  };
};

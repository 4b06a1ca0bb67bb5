import type { ArtifactMetadata } from "../artifact/metadata.ts";
import { keptForNeighbours, writeModel } from "../artifact/write.ts";
import { artifactError, HandfulError } from "../base/errors.ts";
import { rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { prefix } from "../graph/cut.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { weighClasses } from "../methods/class-weights.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { RELATION_NETWORKS, relationNetworks } from "../methods/relation-networks.ts";
import type { Method, Support } from "../methods/method.ts";
import { emitUnknown, everyRow, fitDetectors } from "../methods/unknown.ts";
import { readTraining } from "../nn/answers.ts";
import type { ImportedModel } from "../onnx/import.ts";
import { keptLengths } from "./build-artifact.ts";
import type { Facts } from "./changed-facts.ts";
import { relationOf } from "./learned-backbone.ts";

/** What a head has to learn from: photos with features as the backbone gives them, and facts of all but their names. */
export interface Relearning {
  readonly model: ImportedModel;
  readonly facts: Facts;
  readonly features: Matrix;
  readonly names: readonly string[];
  readonly labels: Int32Array;
  readonly groups: readonly number[] | undefined;
}

export const tooOld = (): HandfulError =>
  artifactError("E_MODEL_KEPT", "the model does not hold what its classes are made of: an older Handful wrote it", {
    hint: "Train it again, with the folders of its classes as they are to be: handful train <photos>.",
  });

/**
 * The method of the model's head, to learn anew from features.
 *
 * @throws HandfulError E_HEAD_FIXED where it was learned together with the network
 */
export const methodOf = ({ head }: Pick<ArtifactMetadata, "head">, { graph }: Pick<ImportedModel, "graph">): Method => {
  const able = fewShotMethods.filter(({ transductive }) => !transductive);
  const relation = head.name === RELATION_NETWORKS && relationOf(graph);
  const method = relation ? relationNetworks(relation) : able.find(({ name }) => name === head.name);
  if (method) return method;
  const names = able.map(({ name }) => name).join(", ");
  throw new HandfulError(
    "usage",
    "E_HEAD_FIXED",
    `the head of this model is "${head.name}": it was learned together with the network and cannot learn anew from what the file keeps, as these can: ${names}`,
    { hint: "Put a folder of each class beside the others and train again: handful train <photos>." },
  );
};

/** Embeddings of the training photos that the file keeps, as the backbone gave them, to 8 bits. */
export const keptFeatures = ({ graph }: ImportedModel, { training }: Facts): Matrix => {
  const rows = readTraining(graph);
  const { lengths } = training;
  if (!lengths) throw tooOld();
  for (let i = 0; i < rows.rows; i++) {
    const row = rowOf(rows, i);
    for (let j = 0; j < row.length; j++) row[j]! *= lengths[i]!;
  }
  return rows;
};

/** The model with its head and its sense for the unknown learned anew; temperature and options stay. */
export const relearnHead = async (task: Relearning): Promise<Uint8Array> => {
  const { model, facts, features, names, labels, groups } = task;
  const { columns: _outdated, ...head } = facts.head;
  if (!facts.detector) throw tooOld();
  const method = methodOf(facts, model);
  const ways = facts.labels.length;
  const classWeights = weighClasses(head.classWeights ?? "balanced", { labels, ways });
  const support: Support = { features, labels, ways, classWeights };
  const algebra = openAlgebra(1);
  try {
    const state = await method.fit(support, { ...method.defaults, ...head.options }, algebra);
    const subsets = [everyRow(support)];
    const [detector] = await fitDetectors(facts.detector.distance, { support, subsets }, algebra);
    const kept = keptForNeighbours(labels, features.columns);
    const training = takeRows(features, kept);
    return await writeModel({
      embedder: prefix(model.graph, [model.graph.outputs.find(({ name }) => name === "embedding")!]),
      domains: model.domains,
      head: (g, embedding) => method.graph(g, state, embedding),
      unknown: (g, embedding) => emitUnknown(g, detector!, embedding),
      training,
      metadata: {
        ...facts,
        head,
        training: {
          names: kept.map((row) => names[row]!),
          labels: kept.map((row) => labels[row]!),
          lengths: keptLengths(training),
          ...(groups && { groups: kept.map((row) => groups[row]!) }),
          learned: labels.length,
        },
      },
    });
  } finally {
    await algebra.close();
  }
};

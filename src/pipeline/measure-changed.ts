import { inspectModel } from "../artifact/load.ts";
import { writeModel } from "../artifact/write.ts";
import { createRandom } from "../base/random.ts";
import { groupItems, nearDuplicatesByEmbedding } from "../data/duplicates.ts";
import { evaluateHeads } from "../evaluate/evaluate-heads.ts";
import { weighClasses } from "../methods/class-weights.ts";
import { prefix } from "../graph/cut.ts";
import { RELATION_NETWORKS } from "../methods/relation-networks.ts";
import { importModel } from "../onnx/import.ts";
import { headFacts } from "./build-artifact.ts";
import { keptFeatures, methodOf } from "./relearn-head.ts";
import { plural, SAME_SCENE } from "./select-photos.ts";

export interface MeasureChangedOptions {
  readonly seed: number;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures a model whose classes were changed, by the cross-validation that `train` does, on the embeddings of training
 * photos that the file keeps; and learns its head, temperature and thresholds anew from all of them.
 *
 * @throws HandfulError E_HEAD_FIXED; artifactError E_MODEL_KEPT
 */
export const measureChanged = async (bytes: Uint8Array, options: MeasureChangedOptions): Promise<Uint8Array> => {
  const { vectors: _old, ...facts } = inspectModel(bytes).metadata;
  const model = importModel(bytes);
  const method = methodOf(facts, model);
  const features = keptFeatures(model, facts);
  const { training, head } = facts;
  const labels = Int32Array.from(training.labels);
  const groups = groupItems({
    count: labels.length,
    declared: training.groups?.map(String) ?? [],
    pairs: nearDuplicatesByEmbedding(features, SAME_SCENE),
  });
  const how = head.classWeights ?? "balanced";
  const result = await evaluateHeads({
    features,
    labels,
    groups,
    classes: facts.labels,
    keys: training.names,
    random: createRandom(options.seed),
    heads: [head.name],
    own: head.name === RELATION_NETWORKS ? [method] : [],
    classWeights: weighClasses(how, { labels, ways: facts.labels.length }),
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
  const measured = headFacts(result, how);
  const what = `${measured.evidence.method}, on the embeddings of ${plural(labels.length, "photo")} that the file keeps`;
  return writeModel({
    embedder: prefix(model.graph, [model.graph.outputs.find(({ name }) => name === "embedding")!]),
    domains: model.domains,
    head: result.graph,
    unknown: result.unknownGraph,
    training: features,
    metadata: { ...facts, ...measured, evidence: { ...measured.evidence, method: what } },
  });
};

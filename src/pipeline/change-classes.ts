import { inspectModel } from "../artifact/load.ts";
import { metadataToProps } from "../artifact/metadata.ts";
import { writeModel } from "../artifact/write.ts";
import { takeRows } from "../base/matrix.ts";
import { prefix } from "../graph/cut.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { emitStrangeness, NEARNESS } from "../methods/unknown.ts";
import { readTraining, SCORES } from "../nn/answers.ts";
import { exportModel } from "../onnx/export.ts";
import { importModel } from "../onnx/import.ts";
import { gather } from "../ops/gather.ts";
import { changedFacts, renumberedFacts, rowsThatStay, type Facts } from "./changed-facts.ts";
import { keptFeatures, relearnHead, tooOld } from "./relearn-head.ts";
import { withMerged, withNewName, withoutClass, type Renumbering } from "./renumber-classes.ts";

const inside = (g: Graph, name: string): Value => {
  const found = g.nodes.flatMap((node) => node.outputs).find((value) => value.name === name);
  if (!found) throw tooOld();
  return found;
};

/** Other classes on the same head: columns of its scores are left out, or their probabilities added up. */
const rewrite = async (bytes: Uint8Array, before: Facts, [renumbering, after]: [Renumbering, Facts]) => {
  const { graph, domains } = importModel(bytes);
  const { columns } = after.head;
  const kept = columns!.flatMap((c, column) => (c < 0 ? [] : [column]));
  const { detector } = before;
  if (!detector) throw tooOld();
  return writeModel({
    embedder: prefix(
      graph,
      ["embedding", SCORES, NEARNESS].map((name) => inside(graph, name)),
    ),
    domains,
    head: (g) => inside(g, SCORES),
    unknown: (g) => emitStrangeness(g, detector.distance, gather(g, inside(g, NEARNESS), kept, 1)),
    training: takeRows(readTraining(graph), rowsThatStay(before, renumbering)),
    metadata: after,
  });
};

/**
 * The model under other names for its classes. Everything that is known of it holds on.
 *
 * @throws E_OPTION for an unknown class; E_CLASS_NAME; E_CLASS_EXISTS
 */
export const renameClass = (bytes: Uint8Array, name: string, to: string): Uint8Array => {
  const { metadata } = inspectModel(bytes);
  const { graph, domains } = importModel(bytes);
  const { labels } = withNewName(metadata.labels, name, to);
  const changes = [...(metadata.changes ?? []), `renamed "${name}" to "${to}"`];
  return exportModel(graph, { domains, metadata: metadataToProps({ ...metadata, labels: [...labels], changes }) });
};

/**
 * The model without one class: its column goes, the others keep their shares of one another. Of a head that ranks
 * single photos those of the class go, and it is learned anew from the rest.
 *
 * @throws E_OPTION for an unknown class; E_ONE_CLASS; artifactError E_MODEL_KEPT for a file of an older version
 */
export const removeClass = async (bytes: Uint8Array, name: string, version: string): Promise<Uint8Array> => {
  const { vectors: _old, ...before } = inspectModel(bytes).metadata;
  const renumbering = withoutClass(before.labels, name);
  const after = renumberedFacts(changedFacts(before, { text: `removed "${name}"`, version }), renumbering);
  if (!fewShotMethods.some((method) => method.ranksImages && method.name === before.head.name))
    return rewrite(bytes, before, [renumbering, after]);
  const model = importModel(bytes);
  const features = takeRows(keptFeatures(model, before), rowsThatStay(before, renumbering));
  const { names, labels, groups } = after.training;
  return relearnHead({ model, facts: after, features, names, labels: Int32Array.from(labels), groups });
};

/**
 * The model with several classes as one, whose probability is the sum of theirs; so every head allows it, and each
 * part keeps its own place in the feature space.
 *
 * @throws E_OPTION for an unknown class or fewer than two; E_CLASS_NAME; E_CLASS_EXISTS; E_ONE_CLASS; artifactError
 *   E_MODEL_KEPT
 */
export const mergeClasses = async (
  bytes: Uint8Array,
  { names, into }: { readonly names: readonly string[]; readonly into: string },
  version: string,
): Promise<Uint8Array> => {
  const { vectors: _old, ...before } = inspectModel(bytes).metadata;
  const renumbering = withMerged(before.labels, names, into);
  const text = `merged ${names.map((name) => `"${name}"`).join(", ")} into "${into}"`;
  const after = renumberedFacts(changedFacts(before, { text, version }), renumbering);
  return rewrite(bytes, before, [renumbering, after]);
};

import type { ArtifactMetadata } from "../artifact/metadata.ts";
import { keptForNeighbours, writeModel } from "../artifact/write.ts";
import { rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import type { ClassWeights } from "../methods/class-weights.ts";
import type { Lesson } from "./lesson.ts";
import { datasetVersion } from "./select-photos.ts";

/** What goes into the one file: scores and unknown score as operators, and what is known of them. */
export type Answerer = Pick<HeadResult, "evidence" | "graph" | "unknownGraph" | "unknown" | "learned">;

export interface ArtifactOptions {
  readonly version: string;
  /** How photos counted in learning the head; default balanced. */
  readonly classWeights?: ClassWeights;
}

/** Lengths of rows as they are kept: six digits, 1 for a row of zeros. */
export const keptLengths = (rows: Matrix): number[] =>
  Array.from({ length: rows.rows }, (_, i) => Number(Math.hypot(...rowOf(rows, i)).toPrecision(6)) || 1);

/** What the one file says of its head, and of how far it can be trusted. */
export const headFacts = (
  { evidence, unknown: detector }: Pick<Answerer, "evidence" | "unknown">,
  classWeights: ClassWeights,
): Pick<ArtifactMetadata, "thresholds" | "head" | "detector" | "evidence"> => {
  const { accuracy, balancedAccuracy, calibration, conformal, unknown } = evidence;
  return {
    thresholds: {
      unknown: unknown?.threshold ?? null,
      setProbability: conformal?.threshold ?? null,
      setLevel: conformal?.level ?? 0.9,
    },
    head: {
      name: evidence.selection.method,
      options: { ...evidence.selection.options },
      temperature: calibration?.temperature ?? 1,
      classWeights,
    },
    detector: { distance: detector.distance },
    evidence: {
      accuracy: accuracy?.value ?? null,
      interval: accuracy?.interval ? [accuracy.interval.low, accuracy.interval.high] : null,
      balancedAccuracy: balancedAccuracy?.value ?? null,
      method: evidence.protocol.text,
      images: evidence.images,
      falseAcceptRate: unknown?.falseAccept ?? null,
      falseRejectRate: unknown?.falseReject ?? null,
    },
  };
};

/** What the one file says of itself. */
const metadataOf = (
  head: Answerer,
  lesson: Lesson,
  { kept, version, classWeights = "balanced" }: ArtifactOptions & { readonly kept: readonly number[] },
): Omit<ArtifactMetadata, "vectors"> => {
  const { backbone, dataset, embedded, classes, labels, selected } = lesson;
  const { name, sha256, source, licence } = backbone.resolved;
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) counts[label]! += 1;
  const { items, features, groups } = selected.training;
  return {
    labels: [...classes],
    preprocess: backbone.preprocess as ArtifactMetadata["preprocess"],
    backbone: { name, sha256, source, licence, features: backbone.found },
    ...headFacts(head, classWeights),
    dataset: {
      version: datasetVersion(dataset, embedded),
      counts,
    },
    training: {
      names: kept.map((row) => dataset.items[items[row]!]!.name),
      labels: kept.map((row) => labels[row]!),
      lengths: keptLengths(takeRows(features, kept)),
      groups: kept.map((row) => groups[row]!),
      learned: head.learned.labels.length,
    },
    producer: `handful ${version}`,
  };
};

/** The bytes of `model.onnx`: backbone and head as one graph, with all that is known of them. */
export const buildArtifact = (head: Answerer, lesson: Lesson, options: ArtifactOptions): Promise<Uint8Array> => {
  const { backbone, labels, selected } = lesson;
  const kept = keptForNeighbours(labels, backbone.dim);
  const { embedder, domains } = backbone.graph();
  return writeModel({
    embedder,
    domains,
    head: head.graph,
    unknown: head.unknownGraph,
    training: takeRows(selected.training.features, kept),
    metadata: metadataOf(head, lesson, { ...options, kept }),
  });
};

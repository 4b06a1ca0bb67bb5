import type { ArtifactMetadata } from "../artifact/metadata.ts";
import { keptForNeighbours, writeModel } from "../artifact/write.ts";
import { takeRows } from "../base/matrix.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import type { Lesson } from "./lesson.ts";
import { datasetVersion } from "./select-photos.ts";

/** What goes into the one file: scores and unknown score as operators, and what is known of them. */
export type Answerer = Pick<HeadResult, "evidence" | "graph" | "unknownGraph">;

/** What the one file says of itself. */
const metadataOf = (
  { evidence }: Answerer,
  lesson: Lesson,
  { kept, version }: { kept: readonly number[]; version: string },
): Omit<ArtifactMetadata, "vectors"> => {
  const { backbone, dataset, embedded, classes, labels, selected } = lesson;
  const { accuracy, balancedAccuracy, calibration, conformal, unknown } = evidence;
  const { name, sha256, source, licence } = backbone.resolved;
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) counts[label]! += 1;
  return {
    labels: [...classes],
    preprocess: backbone.preprocess as ArtifactMetadata["preprocess"],
    thresholds: {
      unknown: unknown?.threshold ?? null,
      setProbability: conformal?.threshold ?? null,
      setLevel: conformal?.level ?? 0.9,
    },
    backbone: { name, sha256, source, licence, features: backbone.found },
    head: {
      name: evidence.selection.method,
      options: { ...evidence.selection.options },
      temperature: calibration?.temperature ?? 1,
    },
    evidence: {
      accuracy: accuracy?.value ?? null,
      interval: accuracy?.interval ? [accuracy.interval.low, accuracy.interval.high] : null,
      balancedAccuracy: balancedAccuracy?.value ?? null,
      method: evidence.protocol.text,
      images: evidence.images,
      falseAcceptRate: unknown?.falseAccept ?? null,
      falseRejectRate: unknown?.falseReject ?? null,
    },
    dataset: {
      version: datasetVersion(dataset, embedded),
      counts,
    },
    training: {
      names: kept.map((row) => dataset.items[selected.training.items[row]!]!.name),
      labels: kept.map((row) => labels[row]!),
    },
    producer: `handful ${version}`,
  };
};

/** The bytes of `model.onnx`: backbone and head as one graph, with all that is known of them. */
export const buildArtifact = (head: Answerer, lesson: Lesson, version: string): Promise<Uint8Array> => {
  const { backbone, labels, selected } = lesson;
  const kept = keptForNeighbours(labels, backbone.dim);
  const { embedder, domains } = backbone.graph();
  return writeModel({
    embedder,
    domains,
    head: head.graph,
    unknown: head.unknownGraph,
    training: takeRows(selected.training.features, kept),
    metadata: metadataOf(head, lesson, { kept, version }),
  });
};

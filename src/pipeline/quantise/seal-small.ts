import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import { thinNeighbours } from "../../artifact/thin-neighbours.ts";
import { sealModel } from "../../artifact/write.ts";
import type { Graph } from "../../graph/graph.ts";

/** Training photos of each class that are worth keeping at the least. */
const LEAST_NEIGHBOURS = 3;

/** A model's graph besides what its file says of it. */
export interface ModelFacts {
  readonly domains: Readonly<Record<string, number>>;
  readonly metadata: ArtifactMetadata;
}

/** What is stored of each photo kept for `nearest`, roughly: its embedding, and its name and label as text. */
const bytesPerNeighbour = (graph: Graph, { training }: ArtifactMetadata): number => {
  const stored = graph.nodes.flatMap((n) => n.inputs).find((v) => v?.name === "training_embeddings")?.constant;
  const dim = stored?.shape[0] ?? 0;
  return dim + 4 + JSON.stringify(training).length / Math.max(1, training.names.length);
};

/**
 * Seals a graph, with so few training photos that the file has the wanted size; with all where it cannot have it.
 *
 * @param limits.neighbours  training photos to keep; null: as many as fit
 * @param limits.wanted  size of the file in bytes
 */
export const sealSmall = async (
  build: () => Promise<Graph>,
  { domains, metadata }: ModelFacts,
  { neighbours, wanted }: { neighbours: number | null; wanted: number },
): Promise<{ bytes: Uint8Array; kept: number }> => {
  const all = metadata.training.names.length;
  const graph = await build();
  const whole = await sealModel(graph, domains, metadata);
  const excess = Math.max(0, whole.length - wanted);
  const fitting = all - Math.ceil(excess / bytesPerNeighbour(graph, metadata));
  const isWorthIt = fitting >= LEAST_NEIGHBOURS * metadata.labels.length;
  const kept = Math.min(all, neighbours ?? (isWorthIt ? fitting : all));
  if (kept === all) return { bytes: whole, kept };
  const thinned = thinNeighbours(graph, metadata, kept);
  return { bytes: await sealModel(graph, domains, thinned), kept: thinned.training.names.length };
};

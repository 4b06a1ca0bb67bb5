import { halveWeights } from "../../artifact/float16.ts";
import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import type { Calibration } from "../../artifact/quantise/calibrate.ts";
import { prepareQuantiser, type Sensitivity, type Way } from "../../artifact/quantise/quantiser.ts";
import { HandfulError } from "../../base/errors.ts";
import { inputShape } from "../../base/preprocess.ts";
import type { Graph } from "../../graph/graph.ts";
import { ladderOf } from "./choose-layers.ts";
import type { SelectedPictures } from "./select-pictures.ts";

/** What a model can be stored in. */
export type Weights = "int8" | "float16";

/** The ways of storing a model, from the smallest file to the most careful one. */
export interface Candidates {
  /** Layers that are stored in 8 bits, or weights in 16, when all are. */
  readonly layers: number;
  /** How ranges were found, the best first; none for float16. */
  readonly ways: readonly Way[];
  readonly rungs: number;
  /** Names of the layers that a rung leaves in floats. */
  floatLayers(rung: number): Promise<readonly string[]>;
  /** The graph of a rung, new each time. */
  build(rung: number): Promise<Graph>;
  /** The layers by the noise that each adds, the worst first; empty where that was not needed. */
  sensitivities(): readonly Sensitivity[];
}

export interface CandidatesTask {
  readonly graph: Graph;
  readonly domains: Readonly<Record<string, number>>;
  readonly metadata: ArtifactMetadata;
  readonly pictures: Pick<SelectedPictures, "seen" | "unseen">;
  readonly calibration: Calibration | "auto";
  readonly threads?: number;
  readonly on?: {
    calibrating?(done: number, total: number): void;
    comparing?(done: number, total: number): void;
  };
}

/** Share of the file that 16 bits must save to be worth it. */
const WORTH = 0.1;

/** The one way of storing weights in 16 bits. */
export const halfCandidates = ({ graph }: Pick<CandidatesTask, "graph">, sizeBytes: number): Candidates => {
  const { halved, savedBytes } = halveWeights(graph);
  if (savedBytes < WORTH * sizeBytes)
    throw new HandfulError("usage", "E_NOTHING_TO_QUANTISE", "the model has next to no float32 weights to halve", {
      hint: "It is stored in fewer bits already, as the embedded backbone is.",
    });
  return {
    layers: halved,
    ways: [],
    rungs: 1,
    floatLayers: async () => [],
    build: async () => halveWeights(graph).graph,
    sensitivities: () => [],
  };
};

/** Convolutions in 8 bits: all of them, then with more and more of the worst left in floats. */
export const byteCandidates = async (task: CandidatesTask): Promise<Candidates> => {
  const { graph, domains, metadata, pictures, calibration, threads, on = {} } = task;
  const shape = inputShape(metadata.preprocess);
  const quantiser = await prepareQuantiser(graph, {
    calibration,
    domains,
    seen: { shape, pixels: pictures.seen },
    unseen: { shape, pixels: pictures.unseen },
    ...(threads !== undefined && { threads }),
    ...(on.calibrating && { onProgress: on.calibrating }),
  });
  const ladder = ladderOf(quantiser.layers.length);
  let known: Sensitivity[] | null = null;
  const floatLayers = async (rung: number): Promise<string[]> => {
    if (rung === 0) return [];
    known ??= await quantiser.sensitivities(on.comparing);
    return known.slice(0, ladder[rung]).map(({ layer }) => layer);
  };
  return {
    layers: quantiser.layers.length,
    ways: quantiser.ways,
    rungs: ladder.length,
    floatLayers,
    build: async (rung) => quantiser.build(new Set(await floatLayers(rung))),
    sensitivities: () => known ?? [],
  };
};

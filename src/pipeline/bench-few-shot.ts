import { unknownName } from "../base/nearest-name.ts";
import { takeRows, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { labelIndices, type DataSet } from "../data/dataset.ts";
import { checkEpisodes, type EpisodeOptions } from "../data/episodes.ts";
import { scanDataset } from "../data/scan.ts";
import { overEpisodes, type EpisodesScore } from "../evaluate/episodes.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import type { Method } from "../methods/method.ts";
import { checkLabels, openEmbedded, type EmbedPhotosOptions } from "./embed-photos.ts";
import type { Embedded } from "./embed.ts";
import { methodsOfBackbone } from "./learned-backbone.ts";

export interface BenchFewShotOptions extends EmbedPhotosOptions {
  /** Folder or manifest; its splits are taken together. */
  readonly photos: string;
  readonly ways: number;
  readonly shots: readonly number[];
  readonly queries: number;
  readonly episodes: number;
  /** Names of methods; all when absent. */
  readonly methods?: readonly string[] | undefined;
  /** Whether classes are also asked unevenly. */
  readonly unbalanced: boolean;
  readonly seed: number;
  /** The time in milliseconds. */
  readonly now: () => number;
  readonly on?: EmbedPhotosOptions["on"] & { episode?(done: number, total: number): void };
}

/** One way of drawing episodes, and what every method reaches in it. */
export interface BenchSetting {
  readonly shots: number;
  readonly unbalanced: boolean;
  readonly scores: readonly EpisodesScore[];
}

export interface FewShotBench {
  readonly photos: number;
  readonly classes: number;
  readonly backbone: string;
  readonly features: string;
  readonly dim: number;
  readonly ways: number;
  readonly queries: number;
  readonly episodes: number;
  readonly seed: number;
  readonly settings: readonly BenchSetting[];
}

/** Concentration of the shares of classes among unbalanced queries (Veilleux et al. 2021). */
const DIRICHLET = 2;

/** The methods asked for, in the order from simple to flexible. */
const methodsOf = ({ methods: asked, backbone }: Pick<BenchFewShotOptions, "methods" | "backbone">): Method[] => {
  const methods = [...fewShotMethods, ...methodsOfBackbone(backbone)];
  const names = methods.map(({ name }) => name);
  const wrong = asked?.find((name) => !names.includes(name));
  if (wrong !== undefined) throw unknownName("method", wrong, names);
  const chosen = methods.filter(({ name }) => asked?.includes(name) ?? true);
  return [...chosen].sort((a, b) => Number(a.transductive) - Number(b.transductive) || a.complexity - b.complexity);
};

/** Every labelled photo once: of identical files the first, so that none is learned and asked. */
const rowsOf = (dataset: DataSet, { indices, features, audit }: Embedded): { features: Matrix; labels: Int32Array } => {
  const copies = new Set(audit.exactDuplicates.flatMap((group) => group.slice(1)));
  const all = labelIndices(dataset);
  const rows = [...indices.keys()].filter((row) => !copies.has(indices[row]!) && all[indices[row]!]! >= 0);
  return { features: takeRows(features, rows), labels: Int32Array.from(rows, (row) => all[indices[row]!]!) };
};

/**
 * Few-shot methods with their defaults on episodes of a folder of photos: embedded once, then drawn by lot, the same
 * episodes for every method.
 *
 * Times are those of one thread.
 * @throws optionError; dataError E_FEW_CLASSES, E_FEW_PHOTOS naming the smallest class
 */
export const benchFewShot = async (options: BenchFewShotOptions): Promise<FewShotBench> => {
  const { ways, queries, episodes, seed, now, signal, on = {} } = options;
  const methods = methodsOf(options);
  const dataset = await scanDataset(options.photos);
  checkLabels(dataset);
  const { backbone, embedded } = await openEmbedded(dataset, options);
  await backbone.close();
  const { features, labels } = rowsOf(dataset, embedded);
  const kinds = (options.unbalanced ? [false, true] : [false]).flatMap((unbalanced) =>
    options.shots.map((shots) => ({ shots, unbalanced })),
  );
  const episodeOf = ({ shots, unbalanced }: (typeof kinds)[number]): EpisodeOptions => ({
    ways,
    shots,
    queries,
    names: dataset.classes,
    ...(unbalanced && { balance: { dirichlet: DIRICHLET } }),
  });
  for (const kind of kinds) checkEpisodes(labels, episodeOf(kind));
  const algebra = openAlgebra(1);
  const settings: BenchSetting[] = [];
  try {
    for (const kind of kinds) {
      const done = settings.length * episodes;
      const scores = await overEpisodes(
        {
          features,
          labels,
          methods,
          episode: episodeOf(kind),
          episodes,
          random: createRandom(seed).fork(`${kind.shots} shots`),
          now,
          onEpisode: (own) => on.episode?.(done + own, kinds.length * episodes),
          ...(signal && { signal }),
        },
        algebra,
      );
      settings.push({ ...kind, scores });
    }
  } finally {
    await algebra.close();
  }
  return {
    photos: labels.length,
    classes: new Set(labels).size,
    backbone: backbone.resolved.name,
    features: backbone.found,
    dim: features.columns,
    ways,
    queries,
    episodes,
    seed,
    settings,
  };
};

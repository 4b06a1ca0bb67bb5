import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { optionError } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import { scanDataset } from "../data/scan.ts";
import { simulateLabelling, type Replay } from "../evaluate/simulate-labelling.ts";
import { strategyOf } from "../methods/choose-strategy.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { labellingChart } from "../report/labelling-chart.ts";
import { checkLabels, openEmbedded, type EmbedPhotosOptions } from "./embed-photos.ts";
import { lessonOf } from "./lesson.ts";
import { writeWhole } from "./run-folder.ts";
import { selectPhotos } from "./select-photos.ts";

export interface SimulateLabellingOptions extends EmbedPhotosOptions {
  /** Folder or manifest. */
  readonly photos: string;
  readonly strategies: readonly string[];
  /** Photos a class in the end; a batch is one a class. */
  readonly perClass: number;
  readonly repeats: number;
  readonly seed: number;
  readonly on?: EmbedPhotosOptions["on"] & { replaying?(done: number, total: number): void };
}

export interface LabellingReport {
  readonly photos: number;
  readonly classes: number;
  /** Photos of which some were labelled; the others were asked. */
  readonly most: number;
  readonly repeats: number;
  readonly seed: number;
  readonly heads: readonly string[];
  readonly replays: readonly Replay[];
}

/** The head that learns, then those that may disagree with it. */
const HEADS = ["ridge", "nearest-class-mean", "lda"];

/** Replays labelling strategies on a labelled folder. @throws E_OPTION for an unknown strategy, or more labels than photos */
export const replayLabelling = async (options: SimulateLabellingOptions): Promise<LabellingReport> => {
  const { strategies, perClass, repeats, seed, threads, on = {}, signal } = options;
  for (const name of strategies) strategyOf(name, { labelled: 0, ways: 1 });
  const dataset = await scanDataset(options.photos);
  checkLabels(dataset);
  const { backbone, embedded } = await openEmbedded(dataset, options);
  await backbone.close();
  const selected = selectPhotos(dataset, embedded, { keepConflicts: false });
  const { labels, classes } = lessonOf({ backbone, dataset, embedded, selected });
  const { features, groups } = selected.training;
  const most = perClass * classes.length;
  if (most > labels.length / 2)
    throw optionError(`--per-class ${perClass}: ${most} photos would be labelled of ${labels.length}`, {
      hint: "At most half of the photos can be labelled, as the others are asked: give fewer.",
    });
  const heads = HEADS.map((name) => fewShotMethods.find((method) => method.name === name)!);
  const [first, ...others] = heads.map((method) => ({ method, options: method.candidates[0] ?? method.defaults }));
  const replays = await simulateLabelling({
    features,
    labels,
    groups,
    ways: classes.length,
    strategies: ["random", ...strategies.filter((name) => name !== "random")],
    heads: [first!, ...others],
    batch: classes.length,
    most,
    repeats,
    random: createRandom(seed).fork("labelling"),
    ...(threads !== undefined && { threads }),
    onProgress: (done, total) => {
      signal?.throwIfAborted();
      on.replaying?.(done, total);
    },
  });
  return { photos: labels.length, classes: classes.length, most, repeats, seed, heads: HEADS, replays };
};

/** Writes the figures (`labelling.json`) and a drawing of them (`labelling.svg`, `labelling.png`). */
export const writeLabelling = async (report: LabellingReport, out: string, title: string): Promise<void> => {
  await mkdir(out, { recursive: true });
  const svg = labellingChart(report.replays, title);
  await writeWhole(join(out, "labelling.json"), `${JSON.stringify(report, null, 1)}\n`);
  await writeWhole(join(out, "labelling.svg"), svg);
  await writeWhole(join(out, "labelling.png"), await sharp(Buffer.from(svg), { density: 144 }).png().toBuffer());
};

import { inspectModel, loadModel, readModelFile } from "../../artifact/load.ts";
import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import type { Calibration } from "../../artifact/quantise/calibrate.ts";
import type { Sensitivity, Way } from "../../artifact/quantise/quantiser.ts";
import { sealModel } from "../../artifact/write.ts";
import { HandfulError } from "../../base/errors.ts";
import { createRandom } from "../../base/random.ts";
import { scanDataset } from "../../data/scan.ts";
import { openAlgebra } from "../../methods/algebra.ts";
import { importModel } from "../../onnx/import.ts";
import { checkPictures } from "../check-pictures.ts";
import { approveModel, openModel } from "../open-model.ts";
import { writeWhole } from "../run-folder.ts";
import { askModel } from "./ask.ts";
import { byteCandidates, halfCandidates, type Candidates, type CandidatesTask, type Weights } from "./candidates.ts";
import { chooseRung, LEAST_AGREEMENT, type Choice } from "./choose-layers.ts";
import { compareSpeed, type Speed } from "./compare-speed.ts";
import { openExam, sayOf, type Exam } from "./exam.ts";
import { measure, pickRows, rightOf, sameOf, type Before, type Measured, type Said } from "./measure.ts";
import { sealSmall, type ModelFacts } from "./seal-small.ts";
import { selectPictures } from "./select-pictures.ts";

export interface QuantiseOptions {
  /** The model file. */
  readonly model: string;
  /** Labelled photos: some are calibrated on, the others show what is lost. */
  readonly photos: string;
  /** File to write. */
  readonly out: string;
  readonly weights: Weights;
  readonly calibration: Calibration | "auto";
  /** Accuracy that may be lost, in [0, 1]. */
  readonly maxLoss: number;
  /** Training photos to keep for `nearest`; null: as many as the wanted size allows. */
  readonly neighbours: number | null;
  readonly seed: number;
  readonly threads?: number;
  readonly cacheDir: string;
  readonly on?: NonNullable<CandidatesTask["on"]> & { asking?(done: number, total: number): void };
}

/** What was written and what it cost, all of it fit for JSON. */
export interface Quantised extends Measured {
  readonly out: string;
  readonly weights: Weights;
  /** Ways of finding ranges with their noise, the one used first. */
  readonly ways: readonly Way[];
  readonly layers: number;
  /** Layers left in floats. */
  readonly floatLayers: readonly string[];
  /** Loss of accuracy with 0, 1, 2, 3, … of the worst layers in floats, as far as it was looked at. */
  readonly losses: readonly number[];
  readonly sensitivities: readonly Sensitivity[];
  readonly sizeBytes: Before;
  /** Training photos kept for `nearest`. */
  readonly neighbours: Before;
  readonly maxLoss: number;
  /** Whether even the worse end of the interval keeps within the loss. */
  readonly proven: boolean;
  readonly photos: { readonly calibrated: number; readonly asked: number; readonly learned: number };
  readonly speed: readonly Speed[];
  readonly notes: readonly string[];
}

/** Size wanted of the file, of that of the model in floats. */
const SHARE: Readonly<Record<Weights, number>> = { int8: 0.3, float16: 0.5 };
const NAMED = 5;

const refuse = (
  { maxLoss }: QuantiseOptions,
  { difference, agreement }: Measured,
  candidates: Candidates,
): HandfulError => {
  const worst = candidates.sensitivities().slice(0, NAMED);
  const percent = (x: number): string => `${(100 * x).toFixed(1)} points`;
  const layers = worst.map(
    ({ layer, noise }) => `${layer} (noise ${(noise.embedding + noise.probabilities).toPrecision(2)})`,
  );
  return new HandfulError(
    "training",
    "E_QUANTISE_LOSS",
    `fewer bits cost ${percent(-difference.mean)} of accuracy (${percent(maxLoss)} are allowed), and ${(100 * agreement).toFixed(0)} % of the photos keep their answer (wanted: ${100 * LEAST_AGREEMENT} %)${
      candidates.rungs > 1 ? ", though half of the layers stayed in floats" : ""
    }${layers.length > 0 ? `; the layers that hurt most: ${layers.join(", ")}` : ""}`,
    { hint: "Give more photos to calibrate on, allow more with --max-loss, or store the weights with --float16." },
  );
};

/** Asks every rung that the choice needs, once. */
const climb = async (
  { asked, folds, outOfFold, before }: Exam,
  candidates: Candidates,
  { options, facts }: { options: QuantiseOptions; facts: ModelFacts },
): Promise<{ choice: Choice; said: Said[] }> => {
  const said: Said[] = [];
  const choice = await chooseRung({
    before: rightOf(before, asked.labels),
    after: async (rung) => {
      const bytes = await sealModel(await candidates.build(rung), facts.domains, facts.metadata);
      const model = await loadModel(bytes, options.threads === undefined ? {} : { threads: options.threads });
      said[rung] = await sayOf(await askModel(model, asked.photos, options.on?.asking), outOfFold).finally(() =>
        model.close(),
      );
      return { right: rightOf(said[rung], asked.labels), same: sameOf(before, said[rung]) };
    },
    rungs: candidates.rungs,
    folds,
    maxLoss: options.maxLoss,
  });
  return { choice, said };
};

/** The facts of a model with what storing it in fewer bits did to it. */
const factsOf = (
  metadata: ArtifactMetadata,
  { weights }: QuantiseOptions,
  { measured, candidates, floatLayers, photos }: Outcome,
): ArtifactMetadata => {
  const { accuracy, difference } = measured;
  const [way] = candidates.ways;
  return {
    ...metadata,
    quantisation: {
      weights,
      calibration: way?.calibration ?? null,
      equalised: way?.equalised ?? false,
      layers: candidates.layers,
      floatLayers: [...floatLayers],
      photos,
      accuracyBefore: accuracy.before,
      accuracyAfter: accuracy.after,
      change: [difference.interval.low, difference.interval.high],
    },
  };
};

interface Outcome {
  readonly measured: Measured;
  readonly candidates: Candidates;
  readonly floatLayers: readonly string[];
  /** How many were asked. */
  readonly photos: number;
}

/** The best rung that keeps within the loss, measured by choices that did not see the photos they are measured on. */
const settle = async (exam: Exam, candidates: Candidates, options: QuantiseOptions, facts: ModelFacts) => {
  const { asked, groups, before } = exam;
  const { choice, said } = await climb(exam, candidates, { options, facts });
  const measured = measure({
    before,
    after: pickRows(said, choice.nested),
    labels: asked.labels,
    groups,
    setProbability: facts.metadata.thresholds.setProbability,
    random: createRandom(options.seed).fork("flips"),
  });
  const loss = -measured.difference.mean;
  if (choice.rung === null || loss > options.maxLoss || measured.agreement < LEAST_AGREEMENT)
    throw refuse(options, measured, candidates);
  const outcome: Outcome = {
    measured,
    candidates,
    floatLayers: await candidates.floatLayers(choice.rung),
    photos: asked.photos.count,
  };
  return { rung: choice.rung, losses: choice.losses, outcome };
};

/**
 * Stores a model in fewer bits, so that it loses no more accuracy than allowed, and says what that did.
 *
 * Photos are set aside to calibrate on. Of the others the first choice of layers to leave in floats that loses at most
 * half of what is allowed is taken; the loss given is that of the choosing, made anew for each fold without it. Photos
 * that the model learned from are asked of heads that were learned again without their fold.
 *
 * @throws HandfulError E_QUANTISE_LOSS when more is lost; E_QUANTISED, E_NOTHING_TO_QUANTISE, E_FEW_PHOTOS
 */
export const quantiseModel = async (options: QuantiseOptions): Promise<Quantised> => {
  const { weights, seed, cacheDir, on = {} } = options;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const bytes = await readModelFile(options.model);
  const model = await openModel(options.model, { cacheDir, ...threads });
  const algebra = openAlgebra(options.threads);
  try {
    checkPictures(model.preprocess, "quantize");
    const { graph, domains } = importModel(bytes);
    const { metadata } = model;
    const facts = { domains, metadata };
    const pictures = await selectPictures(await scanDataset(options.photos), metadata, seed);
    const task = { graph, ...facts, pictures, calibration: options.calibration, on, ...threads };
    const candidates = weights === "float16" ? halfCandidates(task, bytes.length) : await byteCandidates(task);
    const exam = await openExam(model, pictures.asked, {
      random: createRandom(seed),
      algebra,
      onProgress: on.asking,
    });
    const { rung, losses, outcome } = await settle(exam, candidates, options, facts);
    const written = await sealSmall(
      () => candidates.build(rung),
      { domains, metadata: factsOf(metadata, options, outcome) },
      { neighbours: options.neighbours, wanted: SHARE[weights] * bytes.length },
    );
    await writeWhole(options.out, written.bytes);
    await approveModel(written.bytes, cacheDir).catch(() => undefined); // a read-only cache: it is tried out when opened
    const { measured, floatLayers } = outcome;
    return {
      ...measured,
      out: options.out,
      weights,
      ways: candidates.ways,
      layers: candidates.layers,
      floatLayers,
      losses,
      sensitivities: candidates.sensitivities(),
      sizeBytes: { before: bytes.length, after: written.bytes.length },
      neighbours: { before: metadata.training.names.length, after: written.kept },
      maxLoss: options.maxLoss,
      proven: -measured.difference.interval.low <= options.maxLoss,
      photos: {
        calibrated: weights === "float16" ? 0 : pictures.seen.length + pictures.unseen.length,
        asked: outcome.photos,
        learned: exam.learned,
      },
      speed: await compareSpeed([bytes, written.bytes], metadata.preprocess, inspectModel(bytes).fixedBatch),
      notes: [...pictures.notes, ...exam.notes],
    };
  } finally {
    await algebra.close();
    await model.close();
  }
};

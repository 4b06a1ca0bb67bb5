import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { artifactError, dataError, HandfulError, optionError } from "../base/errors.ts";
import { plainSquare, type Pixels, type Preprocess } from "../base/preprocess.ts";
import { createRandom, type Random } from "../base/random.ts";
import { readItem } from "../data/image.ts";
import { escapeName } from "../data/names.ts";
import { pictureGrid } from "../data/picture-grid.ts";
import { preprocessImage } from "../data/preprocess.ts";
import { scanImages } from "../data/scan.ts";
import {
  checkSyntheticFolder,
  encodePng,
  writeSyntheticFolder,
  type SyntheticOrigin,
  type SyntheticPicture,
} from "../data/synthetic.ts";
import { floats, type Tensor } from "../graph/dtype.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { decodeCycleGan, encodeCycleGan } from "../train/cycle-gan-checkpoint.ts";
import { buildTranslator, type Direction } from "../train/cycle-gan.ts";
import { fromPictureTensor, toPictureTensor } from "../train/picture-tensor.ts";
import {
  trainCycleGan,
  type CycleGanLosses,
  type CycleGanProgress,
  type CycleGanSettings,
} from "../train/train-cycle-gan.ts";
import { writeWhole } from "./run-folder.ts";

export interface SynthesizeCycleGanOptions {
  /** Folders of photos, each of one class, which is called like the folder. */
  readonly a: string;
  readonly b: string;
  readonly out: string;
  readonly settings: CycleGanSettings;
  readonly seed: number;
  /** Go on from the checkpoint that an interrupted run left. */
  readonly resume: boolean;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (done: number, total: number) => void;
  readonly onEpoch?: (epoch: number, losses: CycleGanLosses) => void;
}

export interface SynthesizedCycleGan {
  readonly pictures: number;
  readonly classes: readonly [string, string];
  readonly history: readonly CycleGanLosses[];
  /** Paths of the loss curve and of the grid. */
  readonly losses: string;
  readonly grid: string;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Photos are loaded larger than the networks take them, so that parts can be cut out at random (286 to 256). */
const MARGIN = 286 / 256;
const CHECKPOINT = ".cycle-gan.safetensors";
const LOSSES = "loss.json";
/** Fewest photos of a folder: with one there is nothing to learn but that one. */
const FEWEST = 2;
const GRID_COLUMNS = 10;

const square = (side: number): Preprocess => plainSquare(side, { fit: "crop", background: [0, 0, 0] });

/** A photo in both sizes. */
interface Photo extends SyntheticOrigin {
  /** With room to cut. */
  readonly large: Pixels;
  /** As it is translated. */
  readonly small: Pixels;
}

interface Side {
  readonly label: string;
  readonly photos: readonly Photo[];
  readonly skipped: SynthesizedCycleGan["skipped"];
}

const labelOf = (folder: string): string => escapeName(Buffer.from(basename(resolve(folder))));

const loadSide = async (folder: string, size: number, signal: AbortSignal | undefined): Promise<Side> => {
  const label = labelOf(folder);
  const { items } = await scanImages(folder);
  const photos: Photo[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const fitted = async (bytes: Uint8Array, side: number): Promise<Pixels> => ({
    width: side,
    height: side,
    data: await preprocessImage(bytes, square(side)),
  });
  for (const item of items) {
    signal?.throwIfAborted();
    try {
      const { bytes, sha256 } = await readItem(item);
      const [large, small] = [await fitted(bytes, Math.round(size * MARGIN)), await fitted(bytes, size)];
      photos.push({ large, small, source: item.name, sourceSha256: sha256 });
    } catch (thrown) {
      if (!(thrown instanceof HandfulError) || thrown.kind !== "data") throw thrown;
      skipped.push({ name: `${label}/${item.name}`, reason: thrown.message });
    }
  }
  if (photos.length < FEWEST)
    throw dataError("E_FEW_PHOTOS", `${folder}: wanted ${FEWEST} readable photos or more, got ${photos.length}`, {
      hint: "CycleGAN learns from some dozens of photos in each folder.",
    });
  return { label, photos, skipped };
};

/** What a checkpoint belongs to: photos, their order, settings and seed. */
const keyOf = ({ settings, seed }: SynthesizeCycleGanOptions, sides: readonly Side[]): string =>
  createHash("sha256")
    .update(JSON.stringify([settings, seed, sides.map(({ photos }) => photos.map((p) => p.sourceSha256))]))
    .digest("hex");

const readCheckpoint = async (path: string, key: string): Promise<CycleGanProgress | null> => {
  const bytes = await readFile(path).catch((thrown: unknown) => {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return null;
    throw thrown;
  });
  const found = bytes && decodeCycleGan(bytes);
  if (found && found.key !== key)
    throw artifactError("E_CHECKPOINT", `${path}: of other photos, or of other settings`, {
      hint: "Give the same folders and flags as before, or train again without --resume.",
    });
  return found?.progress ?? null;
};

interface Translation {
  readonly settings: CycleGanSettings;
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly direction: Direction;
  readonly random: Random;
}

const translateAll = async ({ settings, weights, direction, random }: Translation, photos: readonly Photo[]) => {
  const session = await openGraph(buildTranslator(settings, { weights, direction, random }));
  const made: Pixels[] = [];
  try {
    for (const { small } of photos) {
      const { translated } = await session.run({ pixels: toPictureTensor(small) });
      made.push(fromPictureTensor(floats(translated!.shape, translated!.data as Float32Array)));
    }
    return made;
  } finally {
    await session.close();
  }
};

const asPictures = ({ photos }: Side, label: string, made: readonly Pixels[]): SyntheticPicture[] =>
  made.map((pixels, i) => {
    const { source, sourceSha256 } = photos[i]!;
    return { label, name: `cycle-gan-${String(i + 1).padStart(4, "0")}`, pixels, source, sourceSha256 };
  });

const gridOf = (sides: readonly Side[], made: readonly (readonly Pixels[])[]): Promise<Buffer> =>
  encodePng(
    pictureGrid(
      [0, 1].flatMap((i) => [
        sides[i]!.photos.slice(0, GRID_COLUMNS).map(({ small }) => small),
        made[i]!.slice(0, GRID_COLUMNS),
      ]),
    ),
  );

const interrupted = (epochs: number): HandfulError =>
  new HandfulError("interrupted", "E_INTERRUPTED", `interrupted after ${epochs} whole epochs; the training is kept`, {
    hint: "Go on with the same command and --resume.",
  });

type Sides = readonly [Side, Side];

/** Trains to the end, keeping a checkpoint in the folder. */
const learn = async (options: SynthesizeCycleGanOptions, sides: Sides, random: Random) => {
  const { out, settings, resume, threads, signal, onStep, onEpoch } = options;
  const [key, checkpoint] = [keyOf(options, sides), join(out, CHECKPOINT)];
  const start = resume ? await readCheckpoint(checkpoint, key) : null;
  const [a, b] = sides.map(({ photos }) => photos.map(({ large }) => large));
  const { stopped, ...learned } = await trainCycleGan({
    a: a!,
    b: b!,
    settings,
    random,
    ...(threads !== undefined && { threads }),
    ...(start && { start }),
    ...(signal && { signal }),
    ...(onStep && { onStep }),
    ...(onEpoch && { onEpoch }),
    save: (progress) => writeWhole(checkpoint, encodeCycleGan(progress, key)),
  });
  if (stopped === "interrupted") throw interrupted(learned.history.length);
  return learned;
};

/**
 * Trains CycleGAN between two folders of photos, and writes every photo of each as a picture of the other's class.
 *
 * Beside the pictures: the loss curve (`loss.json`) and, next to the folder, a grid of photos above what became of them
 * (`<out>-grid.png`). Broken off, it leaves a checkpoint from which `resume` gets to the same pictures, bit for bit.
 * @throws optionError, E_FEW_PHOTOS, E_CHECKPOINT; E_INTERRUPTED after a signal
 */
export const synthesizeCycleGan = async (options: SynthesizeCycleGanOptions): Promise<SynthesizedCycleGan> => {
  const { a, b, out, settings, seed, signal } = options;
  await checkSyntheticFolder(out);
  const labels = [labelOf(a), labelOf(b)] as const;
  if (labels[0] === labels[1])
    throw optionError(`wanted two folders of unlike names, which become the classes, got "${labels[0]}" twice`, {
      hint: "Rename one of them.",
    });
  const sides: Sides = [await loadSide(a, settings.size, signal), await loadSide(b, settings.size, signal)];
  await mkdir(out, { recursive: true });
  const random = createRandom(`cycle-gan/${seed}`);
  const { weights, history } = await learn(options, sides, random);
  const translation = { settings, weights, random };
  const madeB = await translateAll({ ...translation, direction: "a-to-b" }, sides[0].photos);
  const madeA = await translateAll({ ...translation, direction: "b-to-a" }, sides[1].photos);
  const [losses, grid] = [join(out, LOSSES), join(dirname(resolve(out)), `${basename(resolve(out))}-grid.png`)];
  await writeWhole(grid, await gridOf(sides, [madeB, madeA]));
  await writeWhole(losses, JSON.stringify({ settings, seed, classes: labels, epochs: history }, null, 1));
  const { pictures } = await writeSyntheticFolder(out, {
    how: "cycle-gan",
    learned: true,
    options: { ...settings, seed, a: labels[0], b: labels[1] },
    pictures: [...asPictures(sides[0], labels[1], madeB), ...asPictures(sides[1], labels[0], madeA)],
  });
  await rm(join(out, CHECKPOINT), { force: true });
  const skipped = sides.flatMap((side) => side.skipped);
  return { pictures: Object.keys(pictures).length, classes: labels, history, losses, grid, skipped };
};

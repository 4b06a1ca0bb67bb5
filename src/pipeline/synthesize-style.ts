import { basename } from "node:path";
import { createHash } from "node:crypto";
import { dataError, HandfulError } from "../base/errors.ts";
import type { Pixels, Preprocess } from "../base/preprocess.ts";
import { createRandom, shuffled } from "../base/random.ts";
import type { DataSet, Item } from "../data/dataset.ts";
import { decodeReduced, readImageFile, readItem } from "../data/image.ts";
import { matchColours } from "../data/match-colours.ts";
import { preprocessPixels } from "../data/preprocess.ts";
import { checkSyntheticFolder, writeSyntheticFolder, type SyntheticPicture } from "../data/synthetic.ts";
import { importModel } from "../onnx/import.ts";
import { openStyleTransfer, styleTransferDefaults, type StyleTransferSettings } from "../train/style-transfer.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";

export interface SynthesizeStyleOptions {
  readonly dataset: DataSet;
  /** Path of the picture whose style is taken. */
  readonly style: string;
  /** The network that pictures are compared by; null: colours alone are matched, without one. */
  readonly backbone: ResolvedBackbone | null;
  readonly settings?: Partial<StyleTransferSettings>;
  readonly out: string;
  /** Photos of each class that are painted, drawn by lot; all when absent. */
  readonly perClass?: number;
  readonly seed: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** `done` may be a fraction: part of a picture. */
  readonly onProgress?: (done: number, total: number) => void;
}

interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export interface SynthesizedStyle {
  readonly how: string;
  readonly pictures: number;
  readonly classes: readonly string[];
  /** Photos that could not be read. */
  readonly skipped: readonly Skipped[];
}

/** Longest side of a picture whose colours alone are changed, in pixels: as much as any backbone looks at, and more. */
const LONGEST = 1024;

const halvings = (width: number, height: number): number =>
  2 ** Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / LONGEST)));

const decode = async (bytes: Uint8Array): Promise<Pixels> => (await decodeReduced(bytes, halvings)).pixels;

/** Photos to paint: of each class as many as asked, drawn by lot; never such as are set aside to test with. */
const chosenItems = ({ dataset, perClass = Infinity, seed }: SynthesizeStyleOptions): Item[] =>
  dataset.classes.flatMap((label) => {
    const own = dataset.items.filter((item) => item.label === label && (item.split ?? "train") === "train");
    const drawn = shuffled(own, createRandom(`style/${seed}`).fork(label)).slice(0, perClass);
    return own.filter((item) => drawn.includes(item));
  });

/** Paints one photo in the style. */
type Painter = (photo: Pixels, onShare: (share: number) => void) => Promise<Pixels>;

const centre = (preprocess: Preprocess): Preprocess => ({
  ...preprocess,
  fit: "crop",
  resizeTo: Math.max(preprocess.height, preprocess.width),
});

const openPainter = async (options: SynthesizeStyleOptions, style: Pixels) => {
  const { backbone, threads, signal, settings } = options;
  if (!backbone)
    return { paint: (photo: Pixels) => Promise.resolve(matchColours(photo, style)), close: () => Promise.resolve() };
  const preprocess = centre(backbone.preprocess);
  const { graph, domains } = importModel(backbone.bytes);
  const transfer = await openStyleTransfer({
    network: graph,
    domains,
    preprocess,
    ...(settings && { settings }),
    ...(threads !== undefined && { threads }),
  });
  const target = await preprocessPixels(style, preprocess);
  const { steps } = { ...styleTransferDefaults, ...settings };
  const paint: Painter = async (photo, onShare) => {
    const content = await preprocessPixels(photo, preprocess);
    const onStep = (step: number): void => onShare(step / steps);
    return (await transfer.transfer({ content, style: target, onStep, ...(signal && { signal }) })).pixels;
  };
  return { paint, close: () => transfer.close() };
};

/** The list's account of how pictures were made. */
const account = (options: SynthesizeStyleOptions, styleBytes: Uint8Array): Readonly<Record<string, unknown>> => {
  const { style, backbone, seed, perClass } = options;
  const settings = { ...styleTransferDefaults, ...options.settings };
  return {
    style: basename(style),
    styleSha256: createHash("sha256").update(styleBytes).digest("hex"),
    ...(backbone && { backbone: backbone.name, backboneSha256: backbone.sha256, settings }),
    seed,
    ...(perClass !== undefined && { perClass }),
  };
};

/** Paints photo after photo; those that cannot be read are put into `skipped`. */
const paintAll = async function* (
  items: readonly Item[],
  paint: Painter,
  { signal, onProgress, skipped }: SynthesizeStyleOptions & { readonly skipped: Skipped[] },
): AsyncGenerator<SyntheticPicture> {
  const made = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    signal?.throwIfAborted();
    const label = item.label!;
    try {
      const { bytes, sha256 } = await readItem(item);
      const pixels = await paint(await decode(bytes), (share) => onProgress?.(i + share, items.length));
      const index = (made.get(label) ?? 0) + 1;
      made.set(label, index);
      const name = `style-${String(index).padStart(4, "0")}`;
      yield { label, name, pixels, source: item.name, sourceSha256: sha256 };
    } catch (thrown) {
      if (!(thrown instanceof HandfulError) || thrown.kind !== "data") throw thrown;
      skipped.push({ name: item.name, reason: thrown.message });
    }
    onProgress?.(i + 1, items.length);
  }
};

/**
 * Paints photos of every class in the style of one picture, and writes them as a folder of made pictures.
 *
 * With a backbone by neural style transfer; without, by matching the colours to those of the picture (`matchColours`).
 * Broken off, it writes nothing.
 * @throws optionError when the folder holds made pictures; E_NO_IMAGES when no photo of a class is left to paint
 */
export const synthesizeStyle = async (options: SynthesizeStyleOptions): Promise<SynthesizedStyle> => {
  const { out, style, backbone } = options;
  await checkSyntheticFolder(out);
  const styleBytes = await readImageFile(style, basename(style));
  const items = chosenItems(options);
  if (items.length === 0)
    throw dataError("E_NO_IMAGES", "wanted photos in class folders to paint, got none that may be learned from", {
      hint: "Photos under test/ and validation/ are left alone. Expected photos/<class>/1.jpg …",
    });
  const painter = await openPainter(options, await decode(styleBytes));
  const skipped: Skipped[] = [];
  const how = backbone ? "style-transfer" : "colour-matching";
  try {
    const pictures = paintAll(items, painter.paint, { ...options, skipped });
    const marker = await writeSyntheticFolder(out, { how, options: account(options, styleBytes), pictures });
    const names = Object.keys(marker.pictures);
    const classes = [...new Set(names.map((name) => name.slice(0, name.lastIndexOf("/"))))];
    return { how, pictures: names.length, classes, skipped };
  } finally {
    await painter.close();
  }
};

import { HandfulError } from "../base/errors.ts";
import type { IntensityWindow, Preprocess } from "../base/preprocess.ts";
import { findings, type Findings, type ImageFacts } from "./audit-findings.ts";
import type { DataSet, Item, Skipped } from "./dataset.ts";
import { decodeReduced, readItem, type Decoded, type DecodeOptions } from "./image.ts";
import { createOwners, ownerWarnings } from "./owners.ts";
import { fingerprintOf } from "./perceptual-hash.ts";
import { createPixelBudget } from "./pixel-budget.ts";
import { decodingOf, fitDecoded, preprocessImage, shrinkFor } from "./preprocess.ts";

export type { ClassCount, ImageFacts } from "./audit-findings.ts";

export interface AuditProgress {
  readonly done: number;
  readonly total: number;
}

/** A readable image while its bytes are at hand. */
export interface AuditedImage {
  readonly index: number;
  readonly bytes: Buffer;
  readonly facts: ImageFacts;
  /**
   * The image as network input, as `preprocessImage` gives it; from the pixels already decoded where the settings are
   * the audit's own.
   */
  readonly input: (settings: Preprocess) => Promise<Uint8Array>;
}

export interface AuditOptions {
  readonly onProgress?: (progress: AuditProgress) => void;
  /** Images in flight; default 4. */
  readonly concurrency?: number;
  /** Settings for which `AuditedImage.input` is to cost no second decode. */
  readonly preprocess?: Preprocess;
  /**
   * Called once per readable image, so that nobody need read the file again; awaited, so that a slow caller holds the
   * reading back. The order of calls is not the order of items. What it throws ends the audit.
   */
  readonly onImage?: (image: AuditedImage) => Promise<void> | void;
  /** Facts of a file known from an earlier audit, by sha256: spares decoding it. */
  readonly recall?: (sha256: string) => ImageFacts | undefined;
  readonly maxPixels?: number;
  /** Intensities from black to white, where no `preprocess` says so. */
  readonly window?: IntensityWindow | undefined;
}

export interface Audit extends Findings {
  /** By item index; null where the image cannot be used (then it is in `unreadable`). */
  readonly facts: readonly (ImageFacts | null)[];
  readonly unreadable: readonly (Skipped & { readonly index: number })[];
  /** By item index: the number of the patient that a DICOM file is of, the same for the same; -1 where none is named. */
  readonly owners: Int32Array;
}

const DEFAULT_CONCURRENCY = 4;
/** Pixels on the shorter side that are enough to take a fingerprint. */
const LOOK_SIDE = 128;

const shrinkToLook = (width: number, height: number): number =>
  2 ** Math.max(0, Math.floor(Math.log2(Math.min(width, height) / LOOK_SIDE)));

const auditImage = async (
  item: Item,
  { preprocess, recall, ...decodeOptions }: AuditOptions & DecodeOptions,
): Promise<Omit<AuditedImage, "index">> => {
  const { bytes, sha256 } = await readItem(item);
  const shrinkOf = preprocess ? shrinkFor(preprocess) : shrinkToLook;
  const options = preprocess ? { ...decodeOptions, ...decodingOf(preprocess) } : decodeOptions;
  const known = recall?.(sha256);
  let decoded: Decoded | null = known ? null : await decodeReduced(bytes, shrinkOf, options);
  const input = async (settings: Preprocess): Promise<Uint8Array> => {
    if (settings !== preprocess) return preprocessImage(bytes, settings, decodeOptions);
    decoded ??= await decodeReduced(bytes, shrinkOf, options);
    return fitDecoded(decoded, settings);
  };
  if (known) return { bytes, facts: known, input };
  const { format, width, height, frames, pixels } = decoded!;
  const facts = { format, width, height, frames, sha256, sizeBytes: bytes.length, fingerprint: fingerprintOf(pixels) };
  return { bytes, facts, input };
};

/** What a data set's own fault says; anything else is not the image's and goes on up. */
const unreadableFrom = (thrown: unknown, item: Item): Skipped => {
  if (!(thrown instanceof HandfulError) || thrown.kind !== "data") throw thrown;
  const reason = thrown.message.startsWith(`${item.name}: `)
    ? thrown.message.slice(item.name.length + 2)
    : thrown.message;
  return { name: item.name, code: thrown.code, reason: thrown.hint ? `${reason}. ${thrown.hint}` : reason };
};

/**
 * Reads every image of a data set once and says all that is wrong with it.
 *
 * Keeps some 500 bytes per image; pixels only of the images in flight, within a budget of 64 megapixels.
 */
export const auditDataset = async (dataset: DataSet, options: AuditOptions = {}): Promise<Audit> => {
  const { items } = dataset;
  const facts: (ImageFacts | null)[] = Array.from(items, () => null);
  const unreadable: (Skipped & { index: number })[] = [];
  const owners = new Int32Array(items.length).fill(-1);
  const register = createOwners();
  const inner = { ...options, budget: createPixelBudget() };
  let next = 0;
  let done = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      const audited = async () => {
        const image = await auditImage(items[index]!, inner);
        owners[index] = await register.of(image.bytes);
        return image;
      };
      const image = await audited().catch((thrown: unknown) => {
        unreadable.push({ index, ...unreadableFrom(thrown, items[index]!) });
        return null;
      });
      if (image) {
        facts[index] = image.facts;
        await options.onImage?.({ index, ...image });
      }
      options.onProgress?.({ done: ++done, total: items.length });
    }
  };
  const stopAll = (thrown: unknown): never => {
    failed = true;
    throw thrown;
  };
  const workers = Array.from({ length: options.concurrency ?? DEFAULT_CONCURRENCY }, () => work().catch(stopAll));
  // All are awaited before the first failure is thrown, so that nothing goes on behind the caller's back.
  for (const result of await Promise.allSettled(workers)) if (result.status === "rejected") throw result.reason;
  unreadable.sort((a, b) => a.index - b.index);
  const found = findings(dataset, facts, options.preprocess?.depth !== undefined);
  const warnings = [...found.warnings, ...ownerWarnings(dataset, owners)];
  return { facts, unreadable, owners, ...found, warnings };
};

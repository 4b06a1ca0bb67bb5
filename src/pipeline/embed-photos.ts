import { join } from "node:path";
import { isPlainLabel } from "../artifact/metadata.ts";
import { dataError } from "../base/errors.ts";
import type { DataSet } from "../data/dataset.ts";
import { checkPhotographed } from "../data/scan.ts";
import { openBackbone, type Backbone } from "./backbone.ts";
import { embedDataset, type Embedded, type EmbedOptions } from "./embed.ts";
import { openFeatureCache } from "./feature-cache.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";
import { checkClasses } from "./select-photos.ts";

/**
 * Refuses photos that no classifier can be learned from, before any is read.
 *
 * @throws dataError E_SYNTHETIC, E_LABEL_MARKUP, E_NO_LABELS, E_ONE_CLASS
 */
export const checkLabels = (dataset: DataSet): void => {
  checkPhotographed(dataset);
  const markup = dataset.classes.find((name) => !isPlainLabel(name));
  if (markup !== undefined)
    throw dataError(
      "E_LABEL_MARKUP",
      `the class name ${JSON.stringify(markup)} holds markup, which no model file may carry`,
      { hint: "Rename the class." },
    );
  if (dataset.layout === "flat")
    throw dataError("E_NO_LABELS", `${dataset.root}: the photos carry no labels`, {
      hint: "Put them into one folder a class: photos/bolt/1.jpg, photos/nut/2.jpg.",
    });
  checkClasses(dataset, dataset.classes, dataset.items.length);
};

export interface EmbedPhotosOptions {
  readonly backbone: ResolvedBackbone;
  /** Name of the value to take as features. */
  readonly features?: string;
  readonly threads?: number;
  /** null: nothing is kept between runs. */
  readonly cacheDir: string | null;
  readonly on?: {
    opened?(backbone: Backbone): void;
    embedding?: NonNullable<EmbedOptions["onProgress"]>;
  };
  readonly signal?: AbortSignal;
}

export interface EmbeddedPhotos {
  readonly backbone: Backbone;
  readonly embedded: Embedded;
}

/** Embeds every photo with a backbone that is open. */
export const embedWith = async (
  backbone: Backbone,
  dataset: DataSet,
  { on = {}, cacheDir, signal }: Pick<EmbedPhotosOptions, "on" | "cacheDir" | "signal">,
): Promise<Embedded> =>
  embedDataset(dataset, {
    backbone,
    cache: cacheDir === null ? null : await openFeatureCache(join(cacheDir, "features"), backbone.key, backbone.dim),
    ...(on.embedding && { onProgress: on.embedding }),
    ...(signal && { signal }),
  });

/** Opens the backbone and embeds every photo. The backbone must be closed. */
export const openEmbedded = async (dataset: DataSet, options: EmbedPhotosOptions): Promise<EmbeddedPhotos> => {
  const { threads, features } = options;
  const backbone = await openBackbone(options.backbone, {
    ...(threads !== undefined && { threads }),
    ...(features !== undefined && { features }),
  });
  try {
    options.on?.opened?.(backbone);
    return { backbone, embedded: await embedWith(backbone, dataset, options) };
  } catch (thrown) {
    await backbone.close();
    throw thrown;
  }
};

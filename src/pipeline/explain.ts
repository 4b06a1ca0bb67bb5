import { readModelFile, type Model, type Prediction } from "../artifact/load.ts";
import { optionError } from "../base/errors.ts";
import { nearestName } from "../base/nearest-name.ts";
import type { Pixels, Preprocess } from "../base/preprocess.ts";
import { preprocessImage } from "../data/preprocess.ts";
import { cams, type CamName } from "../explain/cam.ts";
import type { HeatMap } from "../explain/heat-map.ts";
import { occlude } from "../explain/occlusion.ts";
import { openExplainer } from "../explain/open-explainer.ts";
import { importModel } from "../onnx/import.ts";
import { checkPictures } from "./check-pictures.ts";
import { modelPath, openModel } from "./open-model.ts";

export type ExplainMethod = CamName | "occlusion";

/** The first is taken unless another is asked for. */
export const explainMethods: readonly ExplainMethod[] = [...(Object.keys(cams) as CamName[]), "occlusion"];

/** What the model says of a photo, and what in it speaks for a class. */
export interface Explanation {
  readonly prediction: Prediction;
  /** The class that the map is of. */
  readonly className: string;
  readonly map: HeatMap;
  /** The photo as the model sees it, large enough for people. */
  readonly photo: Pixels;
}

/** A model that can be asked why. Must be closed. */
export interface Explaining {
  readonly model: Model;
  /** For people: what the maps are read off. */
  readonly found: string;
  /**
   * @param bytes  the encoded photo
   * @param className  the class to be explained; the likeliest when absent
   */
  explain(bytes: Uint8Array, className?: string): Promise<Explanation>;
  close(): Promise<void>;
}

/** Longer side of photos for people, in pixels, at least. */
const VIEW_SIDE = 400;

/**
 * A photo as the model sees it, at a whole multiple of its input size, for people.
 *
 * @param side  longer side in pixels, at least
 */
export const photoForPeople = async (bytes: Uint8Array, preprocess: Preprocess, side = VIEW_SIDE): Promise<Pixels> => {
  const times = Math.ceil(side / Math.max(preprocess.width, preprocess.height));
  const [width, height] = [preprocess.width * times, preprocess.height * times];
  const view = { ...preprocess, width, height, resizeTo: preprocess.resizeTo * times };
  return { width, height, data: await preprocessImage(bytes, view) };
};

/** What in a preprocessed picture speaks for a class. */
interface Mapper {
  readonly found: string;
  readonly mapOf: (pixels: Uint8Array, target: number) => Promise<HeatMap>;
  readonly close: () => Promise<void>;
}

const openMapper = async (
  bytes: Uint8Array,
  model: Model,
  { method, threads }: { readonly method: ExplainMethod; readonly threads?: number },
): Promise<Mapper> => {
  if (method === "occlusion") {
    const { width, height } = model.preprocess;
    const answer = async (pictures: readonly Uint8Array[]) =>
      (await model.predict(pictures)).map(({ probabilities }) => probabilities);
    return {
      found: "answers to the photo with patches of it hidden",
      mapOf: (pixels, target) => occlude(pixels, { width, height, target, answer }),
      close: async () => {},
    };
  }
  const { graph, domains } = importModel(bytes);
  const { found, explain, close } = await openExplainer(graph, {
    cam: cams[method],
    domains,
    ...(threads !== undefined && { threads }),
  });
  return { found, mapOf: explain, close };
};

const classIndex = (labels: readonly string[], className: string): number => {
  const index = labels.indexOf(className);
  if (index >= 0) return index;
  const near = nearestName(className, labels);
  throw optionError(`the model knows no class "${className}"`, {
    hint: near === undefined ? `It knows: ${labels.slice(0, 20).join(", ")}.` : `Did you mean "${near}"?`,
  });
};

/** Asks an open model why; `bytes` are those it was loaded from. Closing the model is left to the caller. */
export const explainWith = async (
  bytes: Uint8Array,
  model: Model,
  options: { readonly method: ExplainMethod; readonly threads?: number },
): Promise<Explaining> => {
  checkPictures(model.preprocess, "explain");
  const { labels } = model.metadata;
  const mapper = await openMapper(bytes, model, options);
  return {
    model,
    found: mapper.found,
    explain: async (photoBytes, className) => {
      const asked = className === undefined ? null : classIndex(labels, className);
      const pixels = await preprocessImage(photoBytes, model.preprocess);
      const [prediction] = await model.predict([pixels]);
      const target = asked ?? labels.indexOf(prediction!.likeliest);
      return {
        prediction: prediction!,
        className: labels[target]!,
        map: await mapper.mapOf(pixels, target),
        photo: await photoForPeople(photoBytes, model.preprocess),
      };
    },
    close: mapper.close,
  };
};

/**
 * Opens a model file, or the one in a run folder, to be asked why it answers as it does.
 *
 * @throws HandfulError E_EXPLAIN_PLACES, E_NO_GRADIENT when the network cannot be traced back; occlusion always can
 */
export const openExplaining = async (
  path: string,
  options: { readonly method: ExplainMethod; readonly cacheDir: string; readonly threads?: number },
): Promise<Explaining> => {
  const model = await openModel(path, options);
  try {
    const explaining = await explainWith(await readModelFile(await modelPath(path)), model, options);
    return {
      ...explaining,
      close: async () => {
        await explaining.close();
        await model.close();
      },
    };
  } catch (thrown) {
    await model.close();
    throw thrown;
  }
};

import { HandfulError } from "../base/errors.ts";
import type { Preprocess } from "../base/preprocess.ts";
import type { DataSet } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { preprocessImage } from "../data/preprocess.ts";
import { probabilityOf, type OutOfFold } from "../evaluate/evidence.ts";
import { hiResCam } from "../explain/cam.ts";
import { openExplainer, type Explainer } from "../explain/open-explainer.ts";
import { overlay } from "../explain/overlay.ts";
import { importModel } from "../onnx/import.ts";
import type { Looks } from "../report/input.ts";
import { photoForPeople } from "./explain.ts";
import { pictureUri, scaleColours } from "./write-explanations.ts";

/** A model and the photos it was learned from. */
export interface LearnedModel {
  /** Bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly backbone: { readonly preprocess: Preprocess };
  readonly dataset: DataSet;
}

/** Right and wrong photos shown, each at most. */
const MOST = 3;
/** Longer side of a map in the report, in pixels, at least. */
const SIDE = 200;

/** The worst mistakes, and the surest right answers of as many classes. */
const chooseRows = (outOfFold: readonly OutOfFold[]): number[] => {
  const truth = (row: number): number => probabilityOf(outOfFold[row]!, outOfFold[row]!.label);
  const asked = [...outOfFold.keys()].filter((row) => outOfFold[row]!.probabilities.length > 0);
  const isRight = (row: number): boolean => outOfFold[row]!.predicted === outOfFold[row]!.label;
  const wrong = asked.filter((row) => !isRight(row)).sort((a, b) => truth(a) - truth(b) || a - b);
  const classes = new Set<number>();
  const right = asked.filter(isRight).sort((a, b) => truth(b) - truth(a) || a - b);
  const ofEach = right.filter((row) => {
    const { label } = outOfFold[row]!;
    return !classes.has(label) && classes.add(label);
  });
  return [...wrong.slice(0, MOST), ...ofEach.slice(0, MOST)];
};

/** Maps of one photo for some classes. */
const lookAt = async (
  explainer: Explainer,
  photo: { readonly bytes: Buffer; readonly preprocess: Preprocess },
  targets: ReadonlySet<number>,
): Promise<Looks["rows"][number]["maps"]> => {
  const pixels = await preprocessImage(photo.bytes, photo.preprocess);
  const shown = await photoForPeople(photo.bytes, photo.preprocess, SIDE);
  const maps: { label: number; picture: string }[] = [];
  for (const label of targets)
    maps.push({ label, picture: await pictureUri(overlay(shown, await explainer.explain(pixels, label))) });
  return maps;
};

/**
 * Maps of a few right and wrong photos for the report, of the class that was said and of the true one.
 *
 * Where the network cannot be traced back, or a photo is gone, there are none and the text says why.
 * @param items  item of every row
 */
export const looksOf = async (
  { model, backbone, dataset }: LearnedModel,
  items: ArrayLike<number>,
  outOfFold: readonly OutOfFold[],
): Promise<Looks> => {
  const colours = scaleColours();
  try {
    const { graph, domains } = importModel(model);
    const explainer = await openExplainer(graph, { cam: hiResCam, domains });
    try {
      const rows: Looks["rows"][number][] = [];
      for (const row of chooseRows(outOfFold)) {
        const { bytes } = await readItem(dataset.items[items[row]!]!);
        const { label, predicted } = outOfFold[row]!;
        const photo = { bytes, preprocess: backbone.preprocess };
        rows.push({ row, maps: await lookAt(explainer, photo, new Set([predicted, label])) });
      }
      return { text: `HiResCAM at ${explainer.found}`, colours, rows };
    } finally {
      await explainer.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof HandfulError)) throw thrown;
    return { text: `No maps: ${thrown.message}.`, colours, rows: [] };
  }
};

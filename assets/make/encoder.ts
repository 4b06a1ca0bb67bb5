import { matrix, rowOf, type Matrix } from "../../src/base/matrix.ts";
import type { Random } from "../../src/base/random.ts";
import type { MatrixProduct } from "../../src/runtime/matmul.ts";
import { openSession } from "../../src/runtime/node.ts";
import { learnDictionary, samplePatches, type Dictionary } from "./dictionary.ts";
import { toInput, type Pictures } from "./images.ts";
import {
  apply,
  constant,
  contrastNormalise,
  emptyNet,
  modelBytes,
  packedWeight,
  shapeConstant,
  type Net,
} from "./network.ts";

/** Sizes of the fixed part of the network; chosen on CIFAR-FS val. */
export const sizes = {
  /** Input side, pixels: what real photos are brought to. Objects are looked at at half of it. */
  input: 64,
  filters: 768,
  /** Training pictures of each class. */
  perClass: 600,
  patch: 6,
  box: 9,
  contrastFloor: 0.01,
  ridge: 0.1,
  threshold: 0.25,
  /** Below the square root: keeps its slope finite where nothing answers. */
  rootFloor: 1e-4,
} as const;

/** Lengths of a picture's codes: the quadrants at two scales, and the mean. */
export const lengths = {
  objects: 8 * sizes.filters,
  texture: sizes.filters,
  folded: 4 * sizes.filters + sizes.filters / 2,
} as const;

const contrastModel = (side: number): Uint8Array => {
  const net = emptyNet();
  const out = contrastNormalise(net, "input", "object", { box: sizes.box, floor: sizes.contrastFloor });
  return modelBytes(net, { input: ["n", 3, side, side], outputs: { [out]: ["n", 3, side, side] } });
};

/** Learns the dictionary from patches of contrast-normalised pictures at their own resolution. */
export const learnPatchDictionary = async (
  product: MatrixProduct,
  pictures: Pictures,
  random: Random,
): Promise<Dictionary> => {
  const { size } = pictures;
  const indices = Array.from({ length: 6400 }, () => random.integer(pictures.count));
  const plane = 3 * size * size;
  const maps = { count: indices.length, channels: 3, side: size, data: new Float32Array(indices.length * plane) };
  const session = await openSession(contrastModel(size), { threads: 1 });
  for (let i = 0; i < indices.length; i += 64) {
    const part = indices.slice(i, i + 64);
    const input = { dtype: "float32", shape: [part.length, 3, size, size], data: toInput(pictures, part) } as const;
    maps.data.set((await session.run({ input })).object_contrast!.data as Float32Array, i * plane);
  }
  await session.close();
  const { filters, patch, ridge, threshold } = sizes;
  const patches = samplePatches(maps, patch, 100_000, random);
  return learnDictionary(product, patches, { patch, filters, ridge, threshold, turns: 12, random });
};

const addDictionary = (net: Net, { weights, bias }: Dictionary): void => {
  const { filters, patch } = sizes;
  packedWeight(net, "dictionary", [filters, 3, patch, patch], weights.data);
  constant(net, "dictionary_bias", [filters], bias);
  constant(net, "root_floor", [1], Float32Array.of(sizes.rootFloor));
  shapeConstant(net, "flat", [0, -1]);
};

type Pads = { pads: number[] } | { strides: number[] };

const addAnswers = (net: Net, input: string, tag: string, attributes: Pads): string => {
  const contrast = contrastNormalise(net, input, `${tag}_local`, { box: sizes.box, floor: sizes.contrastFloor });
  const conv = apply(net, "Conv", [contrast, "dictionary", "dictionary_bias"], `${tag}_conv`, {
    kernel_shape: [sizes.patch, sizes.patch],
    ...attributes,
  });
  return apply(net, "Relu", [conv], `${tag}_answers`);
};

/** The square root of a pooled map, as rows; it tames answers that repeat (Perronnin et al. 2010). */
const addRoot = (net: Net, pooled: string, output: string): string => {
  const flat = apply(net, "Reshape", [pooled, "flat"], `${output}_flat`);
  return apply(net, "Sqrt", [apply(net, "Add", [flat, "root_floor"], `${output}_raised`)], output);
};

const addPool = (net: Net, input: string, output: string, kernel: number, stride = kernel): string =>
  apply(net, "AveragePool", [input], output, { kernel_shape: [kernel, kernel], strides: [stride, stride] });

/** Adds `texture` [n, filters]: the dictionary's answers at full size, averaged over the whole picture. */
const addTexture = (net: Net): string => {
  const answers = addAnswers(net, "input", "texture", { strides: [2, 2] });
  return addRoot(net, apply(net, "GlobalAveragePool", [answers], "texture_pooled"), "texture");
};

/**
 * Adds the codes of a picture: `feature_map` [n, filters, 8, 8], and as rows `objects` and `texture`.
 *
 * Three paths share one dictionary: the picture at half size and at a quarter, answers averaged over each quadrant
 * (`objects`); at full size, answers averaged over all of it (`texture`).
 */
export const addEncoder = (net: Net, dictionary: Dictionary): void => {
  addDictionary(net, dictionary);
  const half = addPool(net, "input", "half", 2);
  const answers = addAnswers(net, half, "object", { pads: [3, 3, 3, 3] }); // 33 x 33
  addPool(net, answers, "feature_map", 5, 4);
  addRoot(net, addPool(net, "feature_map", "object_quadrants", 4), "object");
  const coarse = addAnswers(net, addPool(net, half, "quarter", 2), "coarse", { pads: [3, 3, 3, 3] }); // 17 x 17
  addRoot(net, addPool(net, coarse, "coarse_quadrants", 9, 8), "coarse");
  apply(net, "Concat", ["object", "coarse"], "objects", { axis: 1 });
  addTexture(net);
};

/** Shape of the output `feature_map`. */
export const mapShape = ["n", sizes.filters, 8, 8] as const;

const BATCH = 64;

/** Runs a network over pictures; `take` gets each batch's outputs. */
const overBatches = async (
  net: Net,
  pictures: Pictures,
  outputs: Readonly<Record<string, number>>,
  take: (first: number, count: number, codes: Record<string, Float32Array>) => void,
): Promise<void> => {
  const side = pictures.size;
  const named = Object.fromEntries(Object.entries(outputs).map(([name, length]) => [name, ["n", length] as const]));
  const session = await openSession(modelBytes(net, { input: ["n", 3, side, side], outputs: named }), { threads: 1 });
  for (let first = 0; first < pictures.count; first += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, pictures.count - first) }, (_, i) => first + i);
    const shape = [indices.length, 3, side, side];
    const results = await session.run({ input: { dtype: "float32", shape, data: toInput(pictures, indices) } });
    const codes = Object.fromEntries(Object.keys(outputs).map((name) => [name, results[name]!.data as Float32Array]));
    take(first, indices.length, codes);
  }
  await session.close();
};

/** `texture` of pictures of any size, [count, filters]. */
export const encodeTexture = async (pictures: Pictures, dictionary: Dictionary): Promise<Matrix> => {
  const net = emptyNet();
  addDictionary(net, dictionary);
  addTexture(net);
  const out = matrix(pictures.count, lengths.texture);
  await overBatches(net, pictures, { texture: lengths.texture }, (first, _, { texture }) =>
    out.data.set(texture!, first * lengths.texture),
  );
  return out;
};

/** For each entry of a `side` x `side` map of every filter: where the mirror image of the picture puts it. */
const mirrorOrder = (side: number): Int32Array => {
  const { filters } = sizes;
  const cells = side * side;
  return Int32Array.from({ length: filters * cells }, (_, k) => {
    const filter = (Math.floor(k / cells) + filters / 2) % filters;
    const x = k % side;
    return filter * cells + (k % cells) - x + side - 1 - x;
  });
};
const cellMirror = mirrorOrder(2);
const textureMirror = mirrorOrder(1);

/** Writes the part of a code that a picture and its mirror image share: half as long as the code. */
const fold = (objects: Float32Array, texture: Float32Array, out: Float32Array): void => {
  const scale = cellMirror.length;
  let at = 0;
  for (let from = 0; from < lengths.objects; from += scale)
    for (let k = 0; k < scale / 2; k++) out[at++] = (objects[from + k]! + objects[from + cellMirror[k]!]!) / 2;
  for (let k = 0; k < lengths.texture / 2; k++) out[at++] = (texture[k]! + texture[textureMirror[k]!]!) / 2;
};

/** Weights on a folded code as weights on `objects` and `texture`, one after the other. */
export const unfold = (rows: Matrix): Matrix => {
  const out = matrix(rows.rows, lengths.objects + lengths.texture);
  const scale = cellMirror.length;
  for (let i = 0; i < rows.rows; i++) {
    const weights = rowOf(rows, i);
    const to = rowOf(out, i);
    let at = 0;
    for (let from = 0; from < lengths.objects; from += scale)
      for (let k = 0; k < scale / 2; k++) to[from + k] = to[from + cellMirror[k]!] = weights[at++]! / 2;
    for (let k = 0; k < lengths.texture / 2; k++)
      to[lengths.objects + k] = to[lengths.objects + textureMirror[k]!] = weights[at++]! / 2;
  }
  return out;
};

/** Folded codes of all pictures, and `objects` and `texture` of every `every`-th. */
export const encode = async (
  pictures: Pictures,
  dictionary: Dictionary,
  every: number,
): Promise<{ folded: Matrix; objects: Matrix; texture: Matrix }> => {
  const net = emptyNet();
  addEncoder(net, dictionary);
  const some = Math.ceil(pictures.count / every);
  const folded = matrix(pictures.count, lengths.folded);
  const objects = matrix(some, lengths.objects);
  const texture = matrix(some, lengths.texture);
  const wanted = { objects: lengths.objects, texture: lengths.texture };
  await overBatches(net, pictures, wanted, (first, count, codes) => {
    for (let i = 0; i < count; i++) {
      const at = first + i;
      const object = codes.objects!.subarray(i * lengths.objects, (i + 1) * lengths.objects);
      const mean = codes.texture!.subarray(i * lengths.texture, (i + 1) * lengths.texture);
      fold(object, mean, rowOf(folded, at));
      if (at % every !== 0) continue;
      rowOf(objects, at / every).set(object);
      rowOf(texture, at / every).set(mean);
    }
  });
  return { folded, objects, texture };
};

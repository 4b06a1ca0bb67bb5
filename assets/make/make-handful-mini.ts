/**
 * Makes `assets/handful-mini.onnx` and its settings from the 64 training classes of CIFAR-FS, without gradients:
 * a dictionary by k-means, a projection in closed form. The same seed and runtime give the same file.
 *
 *     node assets/make/make-handful-mini.ts
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createRandom } from "../../src/base/random.ts";
import { openProduct } from "./algebra.ts";
import { addEncoder, encode, encodeTexture, learnPatchDictionary, mapShape, sizes, unfold } from "./encoder.ts";
import { everyOther, readCifarFs } from "./images.ts";
import { apply, constant, emptyNet, modelBytes, packedWeight } from "./network.ts";
import { discriminants, principalComponents, scaledTo, type Affine } from "./projection.ts";
import { settings } from "./settings.ts";

const SEED = "handful-mini-2";
const started = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);

const random = createRandom(SEED);
const product = openProduct();

const native = await readCifarFs("train", sizes.input / 2, sizes.perClass);
say(`${native.count} pictures of ${native.classes} classes`);
const dictionary = await learnPatchDictionary(product, native, random.fork("dictionary"));
say(`${sizes.filters} filters of ${sizes.patch} x ${sizes.patch} x 3`);
// Texture at the pictures' own resolution: enlarged pictures hold no fine detail.
const nativeTexture = await encodeTexture(everyOther(native, 4), dictionary);
say("texture codes at the pictures' own resolution");
const pictures = await readCifarFs("train", sizes.input, sizes.perClass);
const { folded, objects, texture } = await encode(pictures, dictionary, 4);
say(`codes, ${folded.rows} x ${folded.columns}`);

const { labels, classes } = pictures;
const classMap = await discriminants(product, folded, labels, { classes, shrink: 0.15, power: 0.4 });
say("discriminants");
const objectOptions = { count: 161, ridge: 0.01, random: random.fork("objects") };
const objectMap = await principalComponents(product, objects, objectOptions);
const textureOptions = { count: 160, ridge: 0.003, random: random.fork("texture") };
const textureMap = await principalComponents(product, nativeTexture, textureOptions);
const maps = {
  classes: await scaledTo(product, folded, classMap, 1),
  objects: await scaledTo(product, objects, objectMap, 0.5),
  texture: await scaledTo(product, texture, textureMap, 0.6),
};
await product.close();

const net = emptyNet();
addEncoder(net, dictionary);
const addMap = (name: string, code: string, { rows, offset }: Affine): string => {
  const weight = packedWeight(net, `${name}_weight`, [rows.rows, rows.columns], rows.data);
  const bias = constant(net, `${name}_bias`, [rows.rows], offset);
  return apply(net, "Gemm", [code, weight, bias], `${name}_features`, { transB: 1 });
};
const both = apply(net, "Concat", ["objects", "texture"], "objects_and_texture", { axis: 1 });
const features = [
  addMap("classes", both, { ...maps.classes, rows: unfold(maps.classes.rows) }),
  addMap("objects", "objects", maps.objects),
  addMap("texture", "texture", maps.texture),
];
apply(net, "Concat", features, "features", { axis: 1 });
const dim = Object.values(maps).reduce((sum, { rows }) => sum + rows.rows, 0);
const bytes = modelBytes(net, {
  input: ["n", 3, sizes.input, sizes.input],
  outputs: { features: ["n", dim], feature_map: mapShape },
});
const file = new URL("../handful-mini.onnx", import.meta.url);
writeFileSync(file, bytes);
const sha256 = createHash("sha256").update(bytes).digest("hex");
writeFileSync(
  new URL("../handful-mini.json", import.meta.url),
  `${JSON.stringify(settings({ dim, sha256, seed: SEED, sizeBytes: bytes.length }), null, 2)}\n`,
);
say(`handful-mini.onnx: ${bytes.length} bytes, sha256 ${sha256}`);

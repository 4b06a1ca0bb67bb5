/**
 * Measures a backbone: few-shot episodes on CIFAR-FS, and 10 images a class on other data sets.
 *
 *     node assets/make/measure.ts [val|test|transfer|speed]... [--model path/to.onnx]
 */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CholeskyDecomposition, Matrix as Dense } from "ml-matrix";
import { argmax, matrix, rowOf, takeRows, type Matrix } from "../../src/base/matrix.ts";
import { createRandom, shuffled, type Random } from "../../src/base/random.ts";
import { columnMeans } from "./algebra.ts";
import { openSession } from "../../src/runtime/node.ts";
import { dataFolder, decodeAll, readCifarFs, toInput, type Pictures } from "./images.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string", default: fileURLToPath(new URL("../handful-mini.onnx", import.meta.url)) },
    size: { type: "string", default: "64" },
  },
});

const features = async (pictures: Pictures): Promise<Matrix> => {
  const session = await openSession(readFileSync(options.model), { threads: 1 });
  const parts: Float32Array[] = [];
  for (let from = 0; from < pictures.count; from += 64) {
    const indices = Array.from({ length: Math.min(64, pictures.count - from) }, (_, i) => from + i);
    const shape = [indices.length, 3, pictures.size, pictures.size];
    const feeds = { input: { dtype: "float32", shape, data: toInput(pictures, indices) } } as const;
    parts.push((await session.run(feeds, ["features"])).features!.data as Float32Array);
  }
  await session.close();
  const dim = parts[0]!.length / Math.min(64, pictures.count);
  const all = matrix(pictures.count, dim);
  parts.forEach((part, i) => all.data.set(part, i * 64 * dim));
  return all;
};

const normalised = (m: Matrix, mean: ArrayLike<number>): Matrix => {
  const out = matrix(m.rows, m.columns);
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(out, i);
    row.set(rowOf(m, i).map((x, j) => x - mean[j]!));
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
    row.forEach((x, j) => (row[j] = x / length));
  }
  return out;
};

const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Per-class weight vectors and biases; scores are x · w + b. */
type Head = { weights: Matrix; bias: number[] };

const classMean = (x: Matrix, labels: readonly number[], ways: number): Head => {
  const weights = matrix(ways, x.columns);
  labels.forEach((label, i) => rowOf(x, i).forEach((value, j) => (rowOf(weights, label)[j]! += value)));
  return { weights: normalised(weights, new Float32Array(x.columns)), bias: new Array<number>(ways).fill(0) };
};

/** Ridge regression to one-hot targets, in its dual form; `lambda` for unit-length rows. */
const ridge =
  (lambda: number) =>
  (x: Matrix, labels: readonly number[], ways: number): Head => {
    const mean = Float32Array.from({ length: x.columns }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < x.rows; i++) sum += rowOf(x, i)[j]!;
      return sum / x.rows;
    });
    const centred = matrix(x.rows, x.columns);
    for (let i = 0; i < x.rows; i++) rowOf(centred, i).set(rowOf(x, i).map((v, j) => v - mean[j]!));
    const gram = Dense.zeros(x.rows, x.rows);
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j <= i; j++) {
        const value = dot(rowOf(centred, i), rowOf(centred, j)) + (i === j ? lambda : 0);
        gram.set(i, j, value);
        gram.set(j, i, value);
      }
    const share = Array.from({ length: ways }, (_, c) => labels.filter((l) => l === c).length / labels.length);
    const targets = new Dense(labels.map((label) => share.map((s, c) => (c === label ? 1 : 0) - s)));
    const dual = new CholeskyDecomposition(gram).solve(targets);
    const weights = matrix(ways, x.columns);
    for (let c = 0; c < ways; c++)
      for (let i = 0; i < x.rows; i++) {
        const a = dual.get(i, c);
        const row = rowOf(centred, i);
        const target = rowOf(weights, c);
        for (let j = 0; j < row.length; j++) target[j]! += a * row[j]!;
      }
    return { weights, bias: share.map((s, c) => s - dot(rowOf(weights, c), mean)) };
  };

const accuracy = ({ weights, bias }: Head, x: Matrix, labels: readonly number[]): number => {
  let right = 0;
  for (let i = 0; i < x.rows; i++)
    if (argmax(bias.map((b, c) => b + dot(rowOf(weights, c), rowOf(x, i)))) === labels[i]) right++;
  return right / x.rows;
};

const summary = (accuracies: readonly number[]): string => {
  const mean = accuracies.reduce((a, b) => a + b, 0) / accuracies.length;
  const variance = accuracies.reduce((a, b) => a + (b - mean) ** 2, 0) / (accuracies.length - 1);
  return `${(100 * mean).toFixed(1)} ± ${(196 * Math.sqrt(variance / accuracies.length)).toFixed(1)}`;
};

const rowsByClass = (labels: Uint8Array, classes: number): number[][] =>
  Array.from({ length: classes }, (_, c) => [...labels.keys()].filter((i) => labels[i] === c));

const heads = [
  ["nearest class mean", classMean],
  ["ridge", ridge(0.3)],
] as const;

/** 5-way episodes of 15 queries a class, on features centred by the training classes' mean (which is 0) and of unit length. */
const episodes = (x: Matrix, byClass: readonly number[][], shots: number, random: Random): void => {
  const results = heads.map((): number[] => []);
  for (let e = 0; e < 600; e++) {
    const chosen = shuffled(byClass, random).slice(0, 5);
    const drawn = chosen.map((rows) => shuffled(rows, random).slice(0, shots + 15));
    const support = drawn.flatMap((rows) => rows.slice(0, shots));
    const queries = drawn.flatMap((rows) => rows.slice(shots));
    const labelsOf = (each: number): number[] => Array.from({ length: 5 * each }, (_, i) => Math.floor(i / each));
    heads.forEach(([, fit], h) =>
      results[h]!.push(accuracy(fit(takeRows(x, support), labelsOf(shots), 5), takeRows(x, queries), labelsOf(15))),
    );
  }
  heads.forEach(([name], h) => console.log(`  5-way ${shots}-shot, ${name}: ${summary(results[h]!)} (600 episodes)`));
};

const fewShot = async (split: "val" | "test"): Promise<void> => {
  const pictures = await readCifarFs(split, Number(options.size));
  const raw = await features(pictures);
  const x = normalised(raw, new Float32Array(raw.columns));
  console.log(`cifar-fs ${split}: ${pictures.count} pictures, ${x.columns} features`);
  for (const shots of [1, 5])
    episodes(x, rowsByClass(pictures.labels, pictures.classes), shots, createRandom(`episodes ${split} ${shots}`));
};

const folders = (...paths: string[]): { bytes: Uint8Array; label: number }[] =>
  paths.flatMap((path) =>
    readdirSync(dataFolder + path)
      .sort()
      .flatMap((name, label) =>
        readdirSync(`${dataFolder}${path}/${name}`)
          .sort()
          .map((file) => ({ bytes: readFileSync(`${dataFolder}${path}/${name}/${file}`), label })),
      ),
  );

/** 10 images a class to learn from, all others to test on; 10 draws. */
const tenPerClass = async (name: string, ...paths: string[]): Promise<void> => {
  const pictures = await decodeAll(folders(...paths), Number(options.size));
  const raw = await features(pictures);
  const results = heads.map((): number[] => []);
  for (let draw = 0; draw < 10; draw++) {
    const random = createRandom(`${name} ${draw}`);
    const train = rowsByClass(pictures.labels, pictures.classes).flatMap((rows) => shuffled(rows, random).slice(0, 10));
    const isTrain = new Set(train);
    const test = [...pictures.labels.keys()].filter((i) => !isTrain.has(i));
    const labelsOf = (rows: number[]): number[] => rows.map((i) => pictures.labels[i]!);
    const x = normalised(raw, columnMeans(takeRows(raw, train)));
    [classMean, ridge(0.1)].forEach((fit, h) =>
      results[h]!.push(
        accuracy(fit(takeRows(x, train), labelsOf(train), pictures.classes), takeRows(x, test), labelsOf(test)),
      ),
    );
  }
  heads.forEach(([head], h) => console.log(`${name}, 10 images a class, ${head}: ${summary(results[h]!)} (10 draws)`));
};

/** Images a second through the model alone, in batches of 32, by number of threads. */
const speed = async (): Promise<void> => {
  for (const threads of [1, 2]) {
    const session = await openSession(readFileSync(options.model), { threads });
    const side = Number(options.size);
    const shape = [32, 3, side, side];
    const random = createRandom("speed");
    const data = Float32Array.from({ length: 32 * 3 * side * side }, () => random.uniform() * 2 - 1);
    const times: number[] = [];
    for (let turn = 0; turn < 12; turn++) {
      const start = performance.now();
      await session.run({ input: { dtype: "float32", shape, data } }, ["features"]);
      times.push(performance.now() - start);
    }
    await session.close();
    const median = times.sort((a, b) => a - b)[6]!;
    console.log(`speed, ${threads} thread(s): ${((32 / median) * 1000).toFixed(0)} images a second`);
  }
};

const wanted = positionals.length > 0 ? positionals : ["val", "test", "transfer", "speed"];
for (const what of wanted) {
  if (what === "val" || what === "test") await fewShot(what);
  else if (what === "transfer") {
    await tenPerClass("neu-steel", "neu-steel");
    await tenPerClass("flowers12", "flowers12/train", "flowers12/test");
    await tenPerClass("sign-digits", "sign-digits");
  } else if (what === "speed") await speed();
  else throw new Error(`measure: wanted val, test, transfer or speed, got ${what}`);
}

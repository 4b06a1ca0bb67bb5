/**
 * How do all few-shot methods compare: on features of networks trained here and of a frozen one, across domains, and
 * trained end to end? Writes the table of docs/methods.md.
 *
 * node bench/few-shot/table.ts [part …] [--data ../shared/data] [--weights folder] [--backbones ../shared/weights]
 *   [--episodes 600]
 *
 * Without a part all are measured, each in a process of its own, for its peak of memory; "text" writes the table alone
 * from what was measured before (bench/few-shot/table.json). The weights are those that train.ts writes, under its names.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { matrix } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { overEpisodes, type EpisodesScore } from "../../src/evaluate/episodes.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { floats, type Tensor } from "../../src/graph/dtype.ts";
import { Graph } from "../../src/graph/graph.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { fewShotMethods } from "../../src/methods/few-shot/index.ts";
import { createScope } from "../../src/nn/layers/scope.ts";
import { benchFewShot, type BenchSetting } from "../../src/pipeline/bench-few-shot.ts";
import { learnedBackbone } from "../../src/pipeline/learned-backbone.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { openGraph } from "../../src/runtime/graph-session.ts";
import { decodeCheckpoint } from "../../src/train/checkpoint.ts";
import { openJudge } from "../../src/train/episodic/episode-judge.ts";
import { readTar } from "./archives.ts";
import { readResults, tableText, writeResults, writeTable, type Cell, type Measured, type Row } from "./measured.ts";
import { oneOf, recipeOf, type LearnerName, type SetName } from "./recipes.ts";
import { readBenchmark } from "./sets.ts";

const parts = ["learners", "conv-4", "mobilenet-v2", "cross-domain", "omniglot"] as const;
type Part = (typeof parts)[number];

const work = join(tmpdir(), "handful-few-shot");
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: resolve("../shared/data") },
    weights: { type: "string", default: work },
    backbones: { type: "string", default: resolve("../shared/weights") },
    episodes: { type: "string", default: "600" },
  },
});
const episodes = Number(flags.episodes);
const [WAYS, QUERIES, SHOTS] = [5, 15, [1, 5]] as const;
const NOBODY = {} as const;

/** Published on the same set with a Conv-4 of 64 channels, 1-shot / 5-shot. */
const published: Readonly<Partial<Record<SetName, Readonly<Partial<Record<string, string>>>>>> = {
  "cifar-fs": {
    prototypical: "55.5 / 72.0 (Bertinetto et al. 2019)",
    "prototypical-unit": "55.5 / 72.0 (Bertinetto et al. 2019)",
    relation: "55.0 / 69.3 (Bertinetto et al. 2019)",
    maml: "58.9 / 71.5 (Bertinetto et al. 2019)",
  },
  omniglot: { prototypical: "98.8 / 99.7 (Snell et al. 2017)" },
};

const weightsOf = (set: SetName, learner: LearnerName, shots: number): Readonly<Record<string, Tensor>> | null => {
  const path = join(flags.weights, `${set}-${learner}-conv-4-${shots}.safetensors`);
  if (existsSync(path)) return decodeCheckpoint(readFileSync(path)).tensors;
  console.log(`${path} is not there: node bench/few-shot/train.ts ${set} ${learner} conv-4 … writes it`);
  return null;
};

/** The archive of test classes as folders of photos. */
const cifarTest = (): string => {
  const folder = join(work, "cifar-fs");
  if (existsSync(join(folder, "test"))) return join(folder, "test");
  for (const { path, bytes } of readTar(readFileSync(join(flags.data, "cifar-fs/test.tar")))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return join(folder, "test");
};

/** The Conv-4 that was trained as a classifier of the training classes, as a file. */
const conv4 = (): string | null => {
  const weights = weightsOf("cifar-fs", "classifier", 1);
  if (!weights) return null;
  const { learner } = recipeOf("classifier", "cifar-fs", "conv-4");
  const { onnx, json } = learnedBackbone({ learner, weights, size: [32, 32], made: "trained on CIFAR-FS" });
  const path = join(work, "conv-4.onnx");
  mkdirSync(work, { recursive: true });
  writeFileSync(path, onnx);
  writeFileSync(join(work, "conv-4.json"), json);
  return path;
};

const cellOf = (score: EpisodesScore | undefined): Cell =>
  score ? [100 * score.accuracy, 50 * (score.interval.high - score.interval.low)] : null;

const rowsOf = (settings: readonly BenchSetting[]): Row[] => {
  const at = (shots: number, unbalanced: boolean): BenchSetting | undefined =>
    settings.find((s) => s.shots === shots && s.unbalanced === unbalanced);
  const five = at(5, false)!;
  return five.scores.map(({ method, transductive, msPerEpisode }, m) => ({
    method,
    together: transductive,
    cells: [
      cellOf(at(1, false)?.scores[m]),
      cellOf(five.scores[m]),
      cellOf(at(1, true)?.scores[m]),
      cellOf(at(5, true)?.scores[m]),
    ],
    seconds: msPerEpisode / 1000,
    published: null,
  }));
};

const now = (): number => performance.now();
const measured = (title: string, rows: readonly Row[]): Measured => ({
  title,
  date: new Date().toISOString().slice(0, 10),
  episodes,
  peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1000),
  rows,
});

const ofPhotos = async (title: string, photos: string, backbone: string | null): Promise<Measured | null> => {
  if (backbone === null) return null;
  const resolved = await resolveBackbone({ name: backbone, env: NOBODY });
  const bench = await benchFewShot({
    photos,
    backbone: resolved,
    ...(resolved.features !== null && { features: resolved.features }), // the last features alone, as in the papers
    ways: WAYS,
    shots: SHOTS,
    queries: QUERIES,
    episodes,
    unbalanced: true,
    seed: 0,
    now,
    cacheDir: join(work, "cache"),
    threads: 1,
  });
  return measured(`${title}, ${bench.dim} features`, rowsOf(bench.settings));
};

/** Omniglot's characters have one channel, which no backbone takes; so the network is run by itself. */
const omniglotFeatures = async (weights: Readonly<Record<string, Tensor>>) => {
  const { test, picture } = await readBenchmark("omniglot", flags.data);
  const { learner } = recipeOf("prototypical", "omniglot", "conv-4");
  const [batch, size] = [100, picture[0] * picture[1]];
  const g = new Graph("characters");
  const scope = createScope(g, { phase: "inference", random: createRandom(0) });
  g.output(learner.embed(scope, g.input("x", "float32", [batch, 1, picture[0], picture[1]])), "features");
  const session = await openGraph(g, { threads: 1 });
  const used = session.inputNames.flatMap((name) => (weights[name] ? [[name, weights[name]] as const] : []));
  const rows: Float32Array[] = [];
  for (let from = 0; from < test.photos.count; from += batch) {
    const x = new Float32Array(batch * size);
    test.pixels.subarray(from * size, (from + batch) * size).forEach((v, i) => (x[i] = v / 127.5 - 1));
    const out = await session.run({
      ...Object.fromEntries(used),
      x: floats([batch, 1, picture[0], picture[1]], x),
    });
    rows.push((out.features!.data as Float32Array).slice());
  }
  await session.close();
  const dim = rows[0]!.length / batch;
  const features = matrix(test.photos.count, dim);
  rows.forEach((part, i) =>
    features.data.set(part.subarray(0, Math.min(part.length, features.data.length - i * batch * dim)), i * batch * dim),
  );
  return { features, labels: test.labels };
};

const omniglot = async (): Promise<Measured | null> => {
  const weights = weightsOf("omniglot", "prototypical", 1);
  if (!weights) return null;
  const { features, labels } = await omniglotFeatures(weights);
  const algebra = openAlgebra(1);
  const methods = [...fewShotMethods].sort(
    (a, b) => Number(a.transductive) - Number(b.transductive) || a.complexity - b.complexity,
  );
  const settings: BenchSetting[] = [];
  for (const shots of SHOTS) {
    const episode = { ways: WAYS, shots, queries: QUERIES };
    const random = createRandom(0).fork(`${shots} shots`);
    const scores = await overEpisodes({ features, labels, methods, episode, episodes, random, now }, algebra);
    settings.push({ shots, unbalanced: false, scores });
  }
  await algebra.close();
  return measured(`Omniglot, Conv-4 trained here by episodes, ${features.columns} features`, rowsOf(settings));
};

/** What was trained end to end: 5 ways, running moments; the episodes of train.ts. */
const trained: readonly (readonly [SetName, LearnerName, number])[] = [
  ["cifar-fs", "prototypical", 1],
  ["cifar-fs", "prototypical", 5],
  ["cifar-fs", "prototypical-unit", 1],
  ["cifar-fs", "relation", 5],
  ["cifar-fs", "maml", 5],
  ["omniglot", "prototypical", 1],
];

const learnerRow = async ([set, name, shots]: (typeof trained)[number]): Promise<Row[]> => {
  const weights = weightsOf(set, name, shots);
  if (!weights) return [];
  const { test, picture } = await readBenchmark(set, flags.data);
  const { learner } = recipeOf(name, set, "conv-4");
  const cells: Cell[] = [];
  let seconds = 0;
  for (const asked of SHOTS) {
    const shape = { ways: WAYS, shots: asked, queries: QUERIES, picture };
    const judge = await openJudge(learner, test, { shape, phase: "inference", random: createRandom(0), threads: 1 });
    const start = now();
    const { accuracies } = await judge.ask(weights, episodes, createRandom("test"));
    seconds = (now() - start) / 1000 / episodes;
    await judge.close();
    const { low, high } = meanInterval(accuracies.map((v) => 100 * v));
    cells.push([(low + high) / 2, (high - low) / 2]);
  }
  const kind = name === "prototypical-unit" ? ", features of length 1" : "";
  const method = `${learner.name}${kind}, ${set === "omniglot" ? "Omniglot" : "CIFAR-FS"}, trained ${shots}-shot`;
  const [one = null, five = null] = cells;
  return [
    { method, together: false, cells: [one, five, null, null], seconds, published: published[set]?.[name] ?? null },
  ];
};

const measure: Readonly<Record<Part, () => Promise<Measured | null>>> = {
  learners: async () => {
    const rows: Row[] = [];
    for (const each of trained) rows.push(...(await learnerRow(each)));
    return measured("Trained end to end by episodes, Conv-4, from pixels", rows);
  },
  "conv-4": () => ofPhotos("CIFAR-FS, Conv-4 trained here as a classifier", cifarTest(), conv4()),
  "mobilenet-v2": () =>
    ofPhotos(
      "CIFAR-FS, frozen MobileNetV2 of ImageNet",
      cifarTest(),
      join(flags.backbones, "mobilenet_v2_1.0_224.onnx"),
    ),
  "cross-domain": () =>
    ofPhotos("flowers12 at 32 px, Conv-4 trained on CIFAR-FS", join(flags.data, "flowers12"), conv4()),
  omniglot,
};

const asked = positionals.map((part) => oneOf("part", part, [...parts, "text"] as const));
if (asked.length === 1 && asked[0] !== "text") {
  const [part] = asked as [Part];
  const result = await measure[part]();
  if (result) writeResults({ ...readResults(), [part]: result });
} else
  for (const part of asked.length === 0 ? parts : asked.filter((each) => each !== "text"))
    spawnSync(
      process.execPath,
      [import.meta.filename, part, ...process.argv.slice(2).filter((a) => !asked.includes(a as Part))],
      {
        stdio: "inherit",
      },
    );
writeTable(tableText(readResults(), parts));

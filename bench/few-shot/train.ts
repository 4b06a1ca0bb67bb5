/**
 * What does a learner reach that is trained from random weights, by how long a training?
 *
 * node bench/few-shot/train.ts <cifar-fs|omniglot>
 *   <classifier|prototypical|prototypical-unit|relation|maml|first-order-maml|anil|reptile> <conv-4|resnet-12> <minutes> [--shots 1] [--start weights] [--out weights] [--steps n] [--episodes 600] [--seed 1]
 *   [--threads 2] [--moments inference,training]
 *
 * Minutes become steps by the pace of the first ones; `--steps` repeats a training exactly, `--steps 0` only tests (not
 * even that with `--episodes 0`). `--out` in .onnx writes a backbone for `handful train --backbone`.
 * `classifier`: ordinary classification of the training classes, tested by nearest class mean; learners go on from its
 * network with `--start`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../../src/base/random.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { floats, type Tensor } from "../../src/graph/dtype.ts";
import { learnedBackbone } from "../../src/pipeline/learned-backbone.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoint.ts";
import { openJudge } from "../../src/train/episodic/episode-judge.ts";
import { trainEpisodic, WEIGHTS, type EpisodicTask } from "../../src/train/episodic/train-episodic.ts";
import { trainFromScratch, type FromScratchTask } from "../../src/train/from-scratch.ts";
import { decodeProgress, encodeProgress, type EpochRecord, type Progress } from "../../src/train/loop.ts";
import { varyPhotos } from "../../src/train/varied-photos.ts";
import { learnerNames, networkNames, networks, oneOf, policies, recipeOf, setNames } from "./recipes.ts";
import { readBenchmark } from "./sets.ts";

type Weights = Readonly<Record<string, Tensor>>;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: resolve("../shared/data") },
    shots: { type: "string" },
    start: { type: "string" },
    out: { type: "string" },
    steps: { type: "string" },
    episodes: { type: "string", default: "600" },
    moments: { type: "string", default: "inference,training" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
  },
});
const set = oneOf("set", positionals[0], setNames);
const name = oneOf("learner", positionals[1], learnerNames);
const network = oneOf("network", positionals[2], networkNames);
const minutes = Number(positionals[3]);
const shots = Number(flags.shots ?? (name === "prototypical" && set === "cifar-fs" ? 5 : 1));
const out = flags.out ?? join(tmpdir(), "handful-few-shot", `${set}-${name}-${network}-${shots}.safetensors`);
const recipe = recipeOf(name, set, network);
const { learner } = recipe;
const random = createRandom(Number(flags.seed));
const bench = await readBenchmark(set, flags.data);
const { picture, train, validation, test } = bench;
const policy = policies[set];
const photos = varyPhotos(train.photos, policy, {
  width: picture[1],
  height: picture[0],
  seed: `views ${flags.seed}`,
  keys: Array.from({ length: train.photos.count }, (_, i) => train.photos.name(i)),
});
const start = flags.start === undefined ? undefined : decodeCheckpoint(readFileSync(flags.start)).tensors;
const threads = Number(flags.threads);
const phases = flags.moments.split(",").map((phase) => oneOf("moments", phase, ["inference", "training"] as const));
const EPOCH = 100;
/** The scale of distances, which a classifier does not learn; the order of classes does not hang on it. */
const SCALE = { "scale/logarithm": floats([], [0]) };
/** Photos of a step of classification. */
const BATCH = 100;

/** Steps that fit into the time, by the pace of a few. */
const stepsBy = async (pace: (onEpoch: (record: EpochRecord) => void) => Promise<unknown>): Promise<number> => {
  if (flags.steps !== undefined) return Number(flags.steps);
  const times: number[] = [];
  await pace(() => times.push(performance.now()));
  const perStep = (times.at(-1)! - times[0]!) / (4 * (times.length - 1));
  const steps = EPOCH * Math.max(1, Math.floor((minutes * 60e3) / perStep / EPOCH));
  console.log(`${perStep.toFixed(0)} ms a step: ${steps} steps`);
  return steps;
};

/** Progress of the same training, kept beside the weights, to go on from when it was broken off. */
const progressOf = (steps: number) => {
  const key = JSON.stringify([set, name, network, shots, steps, flags]);
  const kept = `${out}.progress`;
  const earlier = existsSync(kept) ? decodeProgress(readFileSync(kept)) : null;
  return {
    ...(earlier?.key === key && { start: earlier.progress }),
    save: async (progress: Progress) => writeFileSync(kept, encodeProgress(progress, key)),
  };
};

const began = performance.now();
const report = ({ epoch, loss, validation: held }: EpochRecord): void =>
  console.log(
    `${((performance.now() - began) / 60e3).toFixed(1)} min, epoch ${epoch}: loss ${loss.toFixed(3)}` +
      (held ? `, validation ${(100 * held.accuracy).toFixed(2)}` : ""),
  );

const classify = async (): Promise<Weights> => {
  const task: Omit<FromScratchTask, "epochs" | "rows"> = {
    network: networks[network].features,
    photos,
    size: [picture[0], picture[1]],
    labels: train.labels,
    ways: train.classes.length,
    batch: BATCH,
    rate: 2e-3,
    smoothing: 0.1,
    policy,
    views: "fresh",
    random,
    threads,
  };
  const all = Array.from({ length: train.photos.count }, (_, i) => i);
  const perEpoch = Math.ceil(all.length / BATCH);
  const steps = await stepsBy((onEpoch) =>
    trainFromScratch({ ...task, rows: all.slice(0, 4 * BATCH), epochs: 4, onEpoch }),
  );
  if (steps === 0) return { ...SCALE, ...start };
  const epochs = Math.max(1, Math.round(steps / perEpoch));
  console.log(`${epochs} epochs of ${perEpoch} steps of ${BATCH}`);
  const trained = await trainFromScratch({ ...task, rows: all, epochs, onEpoch: report, ...progressOf(steps) });
  const own = Object.entries(trained.weights).filter(([name]) => name.startsWith("network/"));
  return { ...Object.fromEntries(own), ...SCALE };
};

const learn = async (): Promise<Weights> => {
  const { ways, queries, tasks, rate, optimiser, clipNorm } = recipe;
  const task: Omit<EpisodicTask, "steps" | "stepsPerEpoch"> = {
    learner,
    photos,
    labels: train.labels,
    shape: { ways, shots, queries, tasks, picture },
    optimiser,
    rate: start ? rate / 2 : rate,
    clipNorm,
    random,
    threads,
    ...(start && { weights: start }),
  };
  const steps = await stepsBy((onEpoch) => trainEpisodic({ ...task, steps: 20, stepsPerEpoch: 4, onEpoch }));
  if (steps === 0) return start ?? {};
  const shape = { ways: 5, shots, queries: 15, picture };
  const { weights, bestEpoch } = await trainEpisodic({
    ...task,
    steps,
    stepsPerEpoch: EPOCH,
    validation: { ...validation, shape, episodes: 100 },
    onEpoch: report,
    ...progressOf(steps),
  });
  console.log(`best epoch ${bestEpoch} of ${Math.ceil(steps / EPOCH)}`);
  return weights;
};

mkdirSync(dirname(out), { recursive: true });
const weights = name === "classifier" ? await classify() : await learn();
await photos.close();
const spent = (performance.now() - began) / 60e3;
if (out.endsWith(".onnx")) {
  const made = `${learner.name} on ${set}, ${network}, from random weights`;
  const { onnx, json } = learnedBackbone({ learner, weights, size: [picture[0], picture[1]], made });
  writeFileSync(out, onnx);
  writeFileSync(out.replace(/\.onnx$/, ".json"), json);
} else if (flags.steps !== "0")
  writeFileSync(out, encodeCheckpoint({ tensors: weights, metadata: { learner: learner.name } }));
console.log(
  `trained for ${spent.toFixed(1)} min, ${(process.cpuUsage().user / 60e6).toFixed(1)} min of processor time, ${threads} threads`,
);
for (const phase of flags.episodes === "0" ? [] : phases)
  for (const asked of [1, 5]) {
    const judge = await openJudge(learner, test, {
      shape: { ways: 5, shots: asked, queries: 15, picture },
      phase,
      random: random.fork(WEIGHTS),
      threads,
    });
    const { accuracies } = await judge.ask(weights, Number(flags.episodes), createRandom("test"));
    await judge.close();
    const { low, high } = meanInterval(accuracies.map((v) => 100 * v));
    console.log(
      `${set} ${name} ${network}: 5-way ${asked}-shot ${((low + high) / 2).toFixed(2)} ± ${((high - low) / 2).toFixed(2)}` +
        ` (${accuracies.length} episodes of the test classes, ${phase === "inference" ? "running" : "the episode's own"} moments)`,
    );
  }

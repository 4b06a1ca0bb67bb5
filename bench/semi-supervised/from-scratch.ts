/**
 * What do unlabelled pictures give a network trained from random weights? Conv-4 on the classes of one part of CIFAR-FS:
 * 50 labelled pictures a class, 250 a class unlabelled, the others asked.
 *
 * A first training on the labelled pictures; from its weights the same number of further steps of the same size and rates
 * without the unlabelled pictures, and with them: by voting (several first trainings from other weights answer the pool,
 * and the means of their probabilities are learned beside the labels, which count twice), or by fixmatch or mean-teacher.
 *
 * node bench/semi-supervised/from-scratch.ts <folder> [test | validation] [seeds] [voting | fixmatch | mean-teacher] [changes as JSON]
 */
import { argmax, matrix, rowOf, type Matrix } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { policyNamed } from "../../src/data/check-policy.ts";
import { probabilitiesOf } from "../../src/evaluate/calibrate.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { consistencyMethods } from "../../src/methods/consistency/index.ts";
import { conv4 } from "../../src/nn/networks/conv-4.ts";
import { trainFromScratch, type FromScratch, type FromScratchTask } from "../../src/train/from-scratch.ts";
import { varyPhotos } from "../../src/train/varied-photos.ts";
import { readBenchmark } from "../few-shot/sets.ts";

const [folder = "../shared/data", part = "test", seeds = "3", name = "voting", given = "{}"] = process.argv.slice(2);
const defaults = { width: 32, batch: 25, rate: 2e-3, first: 1600, steps: 2800, members: 4, from: 0 };
const { width, batch, rate, first, steps, members, from, ...changes } = {
  ...defaults,
  ...(JSON.parse(given) as Record<string, number>),
};
const { [part as "test" | "validation"]: set } = await readBenchmark("cifar-fs", folder);
const method = consistencyMethods.find((one) => one.name === name);
const ways = set.classes.length;
const [SHOTS, LABELS_COUNT, UNLABELLED] = [50, 2, 5];
const basic = policyNamed("basic");
const keys = Array.from(set.labels.keys(), (row) => set.photos.name(row));
const started = performance.now();

/** Part of a training that all share. */
const shared = { size: [32, 32], batch, rate, ways, smoothing: 0, policy: basic, views: "fresh", threads: 1 } as const;

const drawnBy = (seed: number) => {
  const order = shuffled([...set.labels.keys()], createRandom(`draw ${seed}`));
  const rows = set.classes.flatMap((_, c) => order.filter((row) => set.labels[row] === c).slice(0, SHOTS));
  const labelled = new Set(rows);
  const rest = order.filter((row) => !labelled.has(row));
  return { rows, pool: rest.slice(0, UNLABELLED * rows.length), asked: rest.slice(UNLABELLED * rows.length) };
};

/** Mean probabilities by several networks, [rows, ways]. */
const voteOf = async (networks: readonly FromScratch[], rows: readonly number[]): Promise<Matrix> => {
  const votes = matrix(rows.length, ways);
  for (const network of networks)
    probabilitiesOf(await network.score(rows), 1).data.forEach((p, i) => (votes.data[i]! += p / networks.length));
  return votes;
};

const shareRight = (answers: Matrix, rows: readonly number[]): number =>
  (100 * rows.filter((row, i) => argmax(rowOf(answers, i)) === set.labels[row]).length) / rows.length;

const found: { plain: number; pooled: number }[] = [];
for (let seed = from; seed < from + Number(seeds); seed++) {
  const { rows, pool, asked } = drawnBy(seed);
  const options = { width: 32, height: 32, seed: `views ${seed}`, keys, strong: policyNamed("strong") };
  const photos = varyPhotos(set.photos, basic, options);
  const train = (
    training: string,
    count: number,
    { rows: learned = rows, ...more }: Partial<FromScratchTask>,
  ): Promise<FromScratch> =>
    trainFromScratch({
      ...shared,
      network: (scope, x) => conv4(scope, x, { width }),
      photos,
      rows: learned,
      labels: set.labels,
      epochs: (count * batch) / learned.length,
      random: createRandom(`${training} ${seed}`),
      ...more,
    });
  const told = (what: string, accuracy: number): void => {
    const { user, system } = process.cpuUsage();
    const [minutes, busy] = [(performance.now() - started) / 6e4, (user + system) / 6e7];
    console.log(
      `seed ${seed} ${what}: ${accuracy.toFixed(1)}; ${minutes.toFixed(0)} min so far, ${busy.toFixed(1)} of the processor`,
    );
  };
  const networks = [await train("member 0", first, {})];
  const { weights } = networks[0]!;
  told(`${rows.length} labelled, ${first} steps`, shareRight(await networks[0]!.score(asked), asked));
  const alone = await train("further", steps, { weights });
  const plain = shareRight(await alone.score(asked), asked);
  told(`${steps} steps more without the pool`, plain);
  const byVoting = async (): Promise<FromScratch> => {
    for (let m = 1; m < members; m++) networks.push(await train(`member ${m}`, first, {}));
    const votes = await voteOf(networks, pool);
    told(`${members} networks vote, asked pictures`, shareRight(await voteOf(networks, asked), asked));
    told(`${members} networks vote, pool`, shareRight(votes, pool));
    const targets = matrix(set.labels.length, ways);
    const labels = set.labels.slice();
    for (const row of rows) rowOf(targets, row)[labels[row]!] = 1;
    pool.forEach((row, i) => {
      rowOf(targets, row).set(rowOf(votes, i));
      labels[row] = argmax(rowOf(votes, i));
    });
    const learned = [...Array.from({ length: LABELS_COUNT }, () => rows).flat(), ...pool];
    return train("further", steps, { weights, rows: learned, labels, targets });
  };
  const pooledBy = method
    ? train("further", steps, {
        weights,
        unlabelled: { method, options: { ...method.defaults, ...changes }, rows: pool },
      })
    : byVoting();
  const pooled = shareRight(await (await pooledBy).score(asked), asked);
  told(`${steps} steps more with ${pool.length} unlabelled (${name})`, pooled);
  found.push({ plain, pooled });
  await photos.close();
}
const meanOf = (values: readonly number[]): string => {
  const { low, high } = meanInterval(values);
  return `${((low + high) / 2).toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
};
if (found.length > 1)
  console.log(
    `${part}, Conv-4 of ${width} channels, ${first} and ${steps} steps of ${batch}: without ${meanOf(found.map(({ plain }) => plain))}, with ${meanOf(found.map(({ pooled }) => pooled))}, gain ${meanOf(found.map(({ plain, pooled }) => pooled - plain))}; ${found.length} seeds`,
  );

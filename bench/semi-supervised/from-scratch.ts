/**
 * What do unlabelled pictures give a network trained from random weights? Conv-4 on the classes of one part of CIFAR-FS:
 * 50 labelled pictures a class, 250 a class unlabelled, the others asked. The same training without and with the unlabelled
 * pictures: same labelled pictures, first weights, labelled batches, steps and rates; accuracy, and the gain seed by seed.
 *
 * node bench/semi-supervised/from-scratch.ts <folder of cifar-fs> [test | validation] [seeds] [method] [options as JSON]
 */
import { argmax, rowOf } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { policyNamed } from "../../src/data/check-policy.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { consistencyMethods } from "../../src/methods/consistency/index.ts";
import { conv4 } from "../../src/nn/networks/conv-4.ts";
import { trainFromScratch } from "../../src/train/from-scratch.ts";
import { varyPhotos } from "../../src/train/varied-photos.ts";
import { readBenchmark } from "../few-shot/sets.ts";

const [folder = "../shared/data", part = "test", seeds = "3", name = "fixmatch", given = "{}"] = process.argv.slice(2);
const { width, epochs, batch, rate, strong, first, ...changes } = {
  ...{ width: 32, epochs: 75, batch: 50, rate: 2e-3, strong: "strong", first: 0 },
  ...(JSON.parse(given) as Record<string, number>),
};
const { [part as "test" | "validation"]: set } = await readBenchmark("cifar-fs", folder);
const method = consistencyMethods.find((one) => one.name === name)!;
const options = { ...method.defaults, ...changes };
const ways = set.classes.length;
const SHOTS = 50;
const keys = Array.from(set.labels.keys(), (row) => set.photos.name(row));
const found: { plain: number; pooled: number }[] = [];
for (let seed = first; seed < first + Number(seeds); seed++) {
  const order = shuffled([...set.labels.keys()], createRandom(`draw ${seed}`));
  const rows = set.classes.flatMap((_, c) => order.filter((row) => set.labels[row] === c).slice(0, SHOTS));
  const labelled = new Set(rows);
  const rest = order.filter((row) => !labelled.has(row));
  const [pool, asked] = [rest.slice(0, 5 * rows.length), rest.slice(5 * rows.length)];
  const accuracyOf = async (pooled: boolean): Promise<number> => {
    const start = performance.now();
    const before = process.cpuUsage();
    const size = { width: 32, height: 32, seed: `views ${seed}`, keys };
    const photos = varyPhotos(set.photos, policyNamed("basic"), { ...size, strong: policyNamed(String(strong)) });
    const trained = await trainFromScratch({
      network: (scope, x) => conv4(scope, x, { width }),
      photos,
      size: [32, 32],
      rows,
      labels: set.labels,
      ways,
      epochs,
      batch,
      rate,
      smoothing: 0,
      policy: policyNamed("basic"),
      views: "fresh",
      random: createRandom(`training ${seed}`),
      threads: 1,
      ...(pooled && { unlabelled: { method, options, rows: pool } }),
    });
    const scores = await trained.score(asked);
    await photos.close();
    const right = asked.filter((row, i) => argmax(rowOf(scores, i)) === set.labels[row]).length;
    const { user, system } = process.cpuUsage(before);
    console.log(
      `seed ${seed} ${pooled ? `with ${pool.length} unlabelled (${name})` : `${rows.length} labelled alone`}: ${((100 * right) / asked.length).toFixed(1)} of ${asked.length}; last loss ${trained.history.at(-1)!.loss.toFixed(2)}; ${((user + system) / 1e6).toFixed(0)} s of the processor, ${((performance.now() - start) / 1000).toFixed(0)} s`,
    );
    return (100 * right) / asked.length;
  };
  found.push({ plain: await accuracyOf(false), pooled: await accuracyOf(true) });
}
const meanOf = (values: readonly number[]): string => {
  const { low, high } = meanInterval(values);
  return `${((low + high) / 2).toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
};
console.log(
  `${part}, Conv-4 of ${width} channels, ${(epochs * SHOTS * ways) / batch} steps of ${batch} labelled: without ${meanOf(found.map(({ plain }) => plain))}, with ${meanOf(found.map(({ pooled }) => pooled))}, gain ${meanOf(found.map(({ plain, pooled }) => pooled - plain))}; ${found.length} seeds; ${JSON.stringify(options)}`,
);

/**
 * What do unlabelled photos give? Draws labelled photos by lot; half of the others are the pool, the other half is asked.
 * Each method's gain over the same head without the pool, and what the guarded choice gives.
 *
 * node bench/semi-supervised/draws.ts <photos> <backbone.onnx> [per class] [draws] [methods, with commas, or all]
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argmax, rowOf, takeRows } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { labelIndices } from "../../src/data/dataset.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { evaluateHeads } from "../../src/evaluate/evaluate-heads.ts";
import { meanInterval } from "../../src/evaluate/intervals.ts";
import { learnFromPool } from "../../src/evaluate/learn-from-pool.ts";
import { familiarRows, pseudoLabel } from "../../src/evaluate/pseudo-label.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { weighClasses } from "../../src/methods/class-weights.ts";
import { withPseudoLabels } from "../../src/methods/pseudo-labels.ts";
import { semiSupervisedMethods } from "../../src/methods/semi-supervised/index.ts";
import { openBackbone } from "../../src/pipeline/backbone.ts";
import { embedDataset } from "../../src/pipeline/embed.ts";
import { openFeatureCache } from "../../src/pipeline/feature-cache.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";

const [photos = "", network = "", perClass = "2", draws = "3", asked = "all"] = process.argv.slice(2);
const dataset = await scanDataset(resolve(photos));
const backbone = await openBackbone(await resolveBackbone({ name: resolve(network), env: process.env }));
const folder = process.env.HANDFUL_CACHE ?? mkdtempSync(join(tmpdir(), "handful-draws-"));
const cache = await openFeatureCache(join(folder, "features"), backbone.key, backbone.dim);
const { features, indices } = await embedDataset(dataset, { backbone, cache });
await backbone.close();
const all = labelIndices(dataset);
const labels = Int32Array.from(indices, (item) => all[item]!);
const ways = dataset.classes.length;
const methods = semiSupervisedMethods.filter(({ name }) => asked === "all" || asked.split(",").includes(name));
const found = new Map<string, number[]>();
const note = (name: string, value: number): void => void found.set(name, [...(found.get(name) ?? []), 100 * value]);
const algebra = openAlgebra();

for (let draw = 0; draw < Number(draws); draw++) {
  const random = createRandom(`draw ${draw}`);
  const order = shuffled([...labels.keys()], random);
  const rows = dataset.classes.flatMap((_, c) => order.filter((row) => labels[row] === c).slice(0, Number(perClass)));
  const drawn = new Set(rows);
  const rest = order.filter((row) => !drawn.has(row));
  const [poolRows, testRows] = [rest.slice(0, rest.length >> 1), rest.slice(rest.length >> 1)];
  const [pool, queries] = [takeRows(features, poolRows), takeRows(features, testRows)];
  const own = Int32Array.from(rows, (row) => labels[row]!);
  const groups = Int32Array.from(rows.keys());
  const classWeights = weighClasses("balanced", { labels: own, ways });
  const support = { features: takeRows(features, rows), labels: own, ways, classWeights };
  const plain = await evaluateHeads({ ...support, groups, classes: dataset.classes, random: createRandom(draw) });
  const { chosen, temperature, temperatures } = plain.findings.final;
  const head = { ...plain.candidates[chosen]!, temperature };
  const others = plain.candidates
    .map((candidate, c) => ({ ...candidate, temperature: temperatures![c]! }))
    .filter(({ method }, c, list) => method !== head.method && list.findIndex((o) => o.method === method) === c);
  const accuracyOf = async (learned: typeof support): Promise<number> => {
    const state = await head.method.fit(learned, head.options, algebra);
    const scores = await head.method.predict(state, queries, algebra);
    return testRows.filter((row, i) => argmax(rowOf(scores, i)) === labels[row]).length / testRows.length;
  };
  const base = await accuracyOf(support);
  note("without the pool", base);
  const familiar = await familiarRows(support, { groups, pool, random: random.fork("strangers") }, algebra);
  for (const method of methods) {
    const task = { support, pool, rows: familiar.rows, heads: [head, ...others.slice(0, 2)] as const, random };
    const given = await pseudoLabel({ method, options: method.defaults }, task, algebra);
    note(
      `${method.name}: gain`,
      (await accuracyOf(withPseudoLabels(support, pool, given.labels) as typeof support)) - base,
    );
    const right = [...given.labels.rows].filter((row, i) => labels[poolRows[row]!] === given.labels.labels[i]);
    if (given.labels.rows.length > 0) note(`${method.name}: labels right`, right.length / given.labels.rows.length);
  }
  const supervised = semiSupervisedMethods.filter(({ competes }) => competes);
  const guarded = await learnFromPool({
    plain,
    pool,
    methods: supervised.map((method) => ({ method, options: method.defaults })),
    random: createRandom(draw).fork("unlabelled"),
  });
  const { probabilities } = await (guarded?.result ?? plain).predict(queries);
  const right = testRows.filter((row, i) => argmax(rowOf(probabilities, i)) === labels[row]).length;
  note("guarded choice: gain", right / testRows.length - base);
  console.log(`draw ${draw}: head ${head.method.name}, guarded choice ${guarded?.used ?? "none"}`);
}
for (const [name, values] of found) {
  const { low, high } = meanInterval(values);
  console.log(
    `${name}: ${((low + high) / 2).toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)}), ${values.length} draws`,
  );
}
await algebra.close();

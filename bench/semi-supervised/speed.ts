/**
 * How long does label propagation take, and how much memory? Rows about points of 20 classes, 50 of each class labelled.
 *
 * node bench/semi-supervised/speed.ts [rows] [dim]
 */
import { matrix, rowOf } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { method } from "../../src/methods/semi-supervised/label-propagation.ts";

const [rows = "10000", dim = "1280"] = process.argv.slice(2);
const [WAYS, SHOTS] = [20, 50];
const random = createRandom("speed");
const points = Array.from({ length: WAYS }, () => Array.from({ length: Number(dim) }, () => random.normal()));
const rowsAbout = (count: number) => {
  const out = matrix(count, Number(dim));
  for (let i = 0; i < count; i++) rowOf(out, i).set(points[i % WAYS]!.map((v) => v + 4 * random.normal()));
  return out;
};
const labels = Int32Array.from({ length: WAYS * SHOTS }, (_, i) => i % WAYS);
const support = { features: rowsAbout(labels.length), labels, ways: WAYS };
const pool = rowsAbout(Number(rows) - labels.length);
const algebra = openAlgebra();
const start = performance.now();
const given = await method.label(
  { support, pool, learners: [async () => async (queries) => queries], random, algebra },
  method.defaults,
);
const seconds = (performance.now() - start) / 1000;
await algebra.close();
const right = [...given.rows].filter((row, i) => row % WAYS === given.labels[i]).length;
console.log(
  `${rows} x ${dim}: ${seconds.toFixed(1)} s, ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most; ` +
    `${given.rows.length} labels, ${((100 * right) / given.rows.length).toFixed(1)} % right`,
);

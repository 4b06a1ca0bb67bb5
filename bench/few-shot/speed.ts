/**
 * How much processor time does a 5-way 5-shot episode of 15 queries a class take, and how many times that of the nearest
 * class mean? Processor time, as others may use the machine.
 *
 * `node bench/few-shot/speed.ts [features]`, 640 when left out.
 */
import { matrix, type Matrix } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { fewShotMethods } from "../../src/methods/few-shot/index.ts";

const [WAYS, SHOTS, QUERIES, EPISODES, WARM] = [5, 5, 15, 30, 20];
const dim = Number(process.argv[2] ?? 640);

const random = createRandom("few-shot speed");
const points = Array.from({ length: WAYS * dim }, () => random.normal());
const labelsOf = (each: number): Int32Array => Int32Array.from({ length: WAYS * each }, (_, i) => i % WAYS);
const around = (labels: Int32Array): Matrix => {
  const out = matrix(labels.length, dim);
  labels.forEach((label, i) => {
    for (let j = 0; j < dim; j++) out.data[i * dim + j] = points[label * dim + j]! + 3 * random.normal();
  });
  return out;
};

const labels = labelsOf(SHOTS);
const support = { features: around(labels), labels, ways: WAYS };
const queries = around(labelsOf(QUERIES));
const algebra = openAlgebra(1);
const timeOf = async (name: string): Promise<number> => {
  const method = fewShotMethods.find((m) => m.name === name)!;
  const run = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++)
      await method.predict(await method.fit(support, method.defaults, algebra), queries, algebra);
  };
  await run(WARM);
  const before = process.cpuUsage();
  await run(EPISODES);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / EPISODES;
};

const base = await timeOf("nearest-class-mean");
for (const { name } of fewShotMethods) {
  const time = await timeOf(name);
  console.log(`${name.padEnd(26)} ${time.toFixed(2).padStart(7)} ms  ${(time / base).toFixed(1).padStart(6)}`);
}
await algebra.close();

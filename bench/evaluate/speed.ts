/**
 * Seconds for everything after embedding: choosing, judging and fitting the head. 100 images of 10 classes (wanted: at
 * most 3), and 1770 images of 6 classes (at most 20); drawn features.
 *
 * node bench/evaluate/speed.ts [dim]
 */
import { matrix, type Matrix } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { evaluateHeads } from "../../src/evaluate/evaluate-heads.ts";

const dim = Number(process.argv[2] ?? 1280);

/** Gaussian classes whose spread lies mostly in few directions, as that of real features does. */
const drawFeatures = (labels: Int32Array, ways: number): Matrix => {
  const random = createRandom("speed");
  const scale = Float32Array.from({ length: dim }, (_, k) => 1 / Math.sqrt(1 + k / 8));
  const centres = Array.from({ length: ways }, () => scale.map((s) => s * random.normal()));
  const features = matrix(labels.length, dim);
  labels.forEach((label, i) => {
    for (let k = 0; k < dim; k++)
      features.data[i * dim + k] = 3 + centres[label]![k]! * 0.5 + scale[k]! * random.normal();
  });
  return features;
};

for (const { images, ways, limit } of [
  { images: 100, ways: 10, limit: 3 },
  { images: 1770, ways: 6, limit: 20 },
]) {
  const labels = Int32Array.from({ length: images }, (_, i) => i % ways);
  const features = drawFeatures(labels, ways);
  const classes = Array.from({ length: ways }, (_, c) => `class ${c}`);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { evidence } = await evaluateHeads({
    features,
    labels,
    groups: Int32Array.from(labels.keys()),
    classes,
    random: createRandom(0),
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${images} images x ${dim}, ${ways} classes: ${seconds.toFixed(2)} s (wanted: at most ${limit}), processor ${((user + system) / 1e6).toFixed(2)} s; ` +
      `accuracy ${(evidence.accuracy!.value * 100).toFixed(1)}, ${evidence.selection.method}`,
  );
}

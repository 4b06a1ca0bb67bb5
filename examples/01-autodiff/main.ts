// Trains a two-layer network to tell two interleaved half moons apart.
// One graph holds forward pass, loss, gradients and update; ONNX Runtime runs it. Run: node examples/01-autodiff/main.ts
import { createRandom } from "../../src/base/random.ts";
import * as graph from "../../src/engine.ts";

const { add, exportModel, floats, grad, Graph, logSoftmax, matmul, mul, neg, numbersOf, openSession } = graph;
const { reduceMean, reduceSum, sub, tanh } = graph;
const random = createRandom("half moons");
const normals = (shape: number[], scale: number): graph.Tensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * random.normal()),
  );

// The data: [200, 2] points, [200, 2] one-hot labels.
const size = 200;
const points = new Float32Array(2 * size);
const labels = new Float32Array(2 * size);
for (let i = 0; i < size; i++) {
  const moon = i % 2;
  const angle = Math.PI * (random.uniform() + moon);
  points.set(
    [Math.cos(angle) + moon, Math.sin(angle) + 0.5 * moon].map((v) => v + 0.1 * random.normal()),
    2 * i,
  );
  labels[2 * i + moon] = 1;
}

// The forward pass: scores = tanh(x w1 + b1) w2 + b2, loss = mean cross-entropy.
let weights: Record<string, graph.Tensor> = {
  w1: normals([2, 16], 1),
  b1: normals([16], 0.1),
  w2: normals([16, 2], 0.3),
  b2: normals([2], 0.1),
};
const g = new Graph("step");
const [x, target] = [g.input("x", "float32", [size, 2]), g.input("target", "float32", [size, 2])];
const learningRate = g.input("learning_rate", "float32", []);
const parameters = Object.entries(weights).map(([name, tensor]) => g.input(name, "float32", tensor.shape));
const [w1, b1, w2, b2] = parameters as [graph.Value, graph.Value, graph.Value, graph.Value];
const scores = add(g, matmul(g, tanh(g, add(g, matmul(g, x, w1), b1)), w2), b2);
const loss = reduceMean(g, neg(g, reduceSum(g, mul(g, target, logSoftmax(g, scores)), { axes: [1] })), { keepdims: 0 });

// The backward pass and the update, as more nodes of the same graph.
const gradients = grad(g, loss, parameters);
parameters.forEach((p, i) => g.output(sub(g, p, mul(g, learningRate, gradients[i]!)), `new_${p.name}`));
g.output(loss, "loss");
g.output(scores, "scores");

const session = await openSession(exportModel(g));
const data = { x: floats([size, 2], points), target: floats([size, 2], labels), learning_rate: floats([], [0.5]) };
for (let step = 0; step <= 1000; step++) {
  const results = await session.run({ ...data, ...weights });
  weights = Object.fromEntries(parameters.map((p) => [p.name, results[`new_${p.name}`]!]));
  if (step % 250 > 0) continue;
  const said = numbersOf(results["scores"]!);
  const right = points.subarray(0, size).filter((_, i) => said[2 * i]! > said[2 * i + 1]! === (i % 2 === 0)).length;
  console.log(`step ${step}: loss ${numbersOf(results["loss"]!)[0]!.toFixed(4)}, ${right} of ${size} right`);
}
await session.close();

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom, type Random } from "../../src/base/random.ts";
import {
  add,
  checkGrads,
  conv,
  exportModel,
  floats,
  gather,
  gelu,
  Graph,
  grad,
  graft,
  importModel,
  layerNormalization,
  matmul,
  maxPool,
  mul,
  numbersOf,
  openSession,
  reduceMean,
  reduceSum,
  reshape,
  softmax,
  specialise,
  split,
  swapLastTwo,
  tanh,
  transpose,
  type Tensor,
  type Value,
} from "../../src/engine.ts";
import { createScope, within } from "../../src/nn/layers/scope.ts";
import { conv4 } from "../../src/nn/networks/conv-4.ts";
import { cycleGanGenerator } from "../../src/nn/networks/cycle-gan-generator.ts";
import { patchDiscriminator } from "../../src/nn/networks/patch-discriminator.ts";
import { resnet10In3d } from "../../src/nn/networks/resnet-10-3d.ts";

const weights = new URL("../../../shared/weights/", import.meta.url);
const present = existsSync(weights);
if (!present) console.info(`skipped: no pretrained networks at ${weights.pathname}`);

const open = (g: Graph): ReturnType<typeof openSession> => openSession(exportModel(g));

const normals = (shape: readonly number[], random: Random, scale = 1): Tensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()),
  );

const dot = (a: Tensor, b: Tensor): number => {
  const y = numbersOf(b);
  return numbersOf(a).reduce((sum, x, i) => sum + x * y[i]!, 0);
};

/** A network in a graph, its parameters being inputs. */
interface Network {
  readonly g: Graph;
  readonly answer: Value;
  readonly parameters: ReadonlyMap<Value, Tensor>;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly random: Random;
  /** How much moving a group of parameters should change the loss: more crosses kinks, less drowns in float32. */
  readonly change: number;
}

/** Moved by `h` along the gradient times a random factor in [0, 2] for each weight: random, and yet uphill. */
const moved = (tensor: Tensor, gradient: Tensor, { h, random }: { h: number; random: Random }): Tensor => {
  const d = numbersOf(gradient);
  return floats(
    tensor.shape,
    numbersOf(tensor).map((w, i) => w + 2 * random.uniform() * h * d[i]!),
  );
};

/** The parameters are moved in this many groups, from the first layers to the last. */
const GROUPS = 8;

/** How far the change of a random weighing of the answers is from what its gradient predicts, for each group. */
const gradientErrors = async ({ g, answer, parameters, feeds, random, change }: Network): Promise<number[]> => {
  const weighing = normals(answer.shape!, random);
  const inputs = [...parameters.keys()];
  const gradients = grad(g, reduceSum(g, mul(g, answer, g.constant(weighing))), inputs);
  g.output(answer, "answer");
  for (const d of gradients) g.output(d);
  const session = await open(g);
  const point = { ...feeds, ...Object.fromEntries([...parameters].map(([v, tensor]) => [v.name, tensor])) };
  const found = await session.run(point);
  const errors = [];
  for (let at = 0; at < GROUPS; at++) {
    const [first, last] = [at, at + 1].map((k) => Math.floor((k * inputs.length) / GROUPS));
    const group = inputs.slice(first, last).map((v, i) => {
      const gradient = found[gradients[first! + i]!.name]!;
      return { name: v.name, tensor: parameters.get(v)!, gradient };
    });
    const steepness = group.reduce((sum, { gradient }) => sum + dot(gradient, gradient), 0);
    const [up, down] = [change / steepness, -change / steepness].map((h) => {
      const stream = random.fork(at);
      return group.map((p) => ({ ...p, tensor: moved(p.tensor, p.gradient, { h, random: stream }) }));
    });
    const valueAt = async (there: typeof group): Promise<number> => {
      const changed = Object.fromEntries(there.map(({ name, tensor }) => [name, tensor]));
      return dot((await session.run({ ...point, ...changed }, ["answer"]))["answer"]!, weighing);
    };
    // by the weights as float32 really moved them
    const along = (there: typeof group): number => there.reduce((sum, p) => sum + dot(p.gradient, p.tensor), 0);
    const predicted = along(up!) - along(down!);
    errors.push(Math.abs((await valueAt(up!)) - (await valueAt(down!)) - predicted) / Math.abs(predicted));
  }
  await session.close();
  return errors;
};

/** A pretrained network with every weight as an input, on two smooth pictures. */
const pretrained = (file: string, size: number): Network => {
  const random = createRandom(file);
  const network = specialise(importModel(readFileSync(new URL(file, weights))).graph, { input: [2, 3, size, size] });
  const g = new Graph("check");
  const constants = [...new Set(network.nodes.flatMap((node) => node.inputs))].filter(
    (v): v is Value => v?.constant?.dtype === "float32" && v.constant.shape.length > 0,
  );
  const bind = new Map(constants.map((v) => [v, g.input(v.name, "float32", v.shape)]));
  graft(g, network, bind);
  const parameters = new Map(constants.map((v) => [bind.get(v)!, v.constant!]));
  const [down, right] = [1 + 3 * random.uniform(), 1 + 3 * random.uniform()];
  const pixels = Array.from({ length: 6 * size * size }, (_, i) => {
    const wave = Math.sin((6 / size) * (down * Math.floor(i / size) + right * (i % size)));
    return 0.7 * wave + 0.1 * random.normal();
  });
  const feeds = { input: floats([2, 3, size, size], pixels) };
  return { g, answer: bind.get(network.outputs[0]!)!, parameters, feeds, random, change: 0.1 };
};

/** Conv-4 in training: its normalisations go by the batch. */
const fromScratch = (): Network => {
  const random = createRandom("conv-4");
  const g = new Graph("conv-4");
  const x = g.input("x", "float32", [4, 3, 84, 84]);
  const scope = createScope(g, { phase: "training", random });
  const answer = conv4(scope, x, { width: 16 });
  const trained = scope.parameters.filter((p) => p.trainable);
  const parameters = new Map(trained.map((p) => [g.inputs.find((v) => v.name === p.name)!, p.tensor]));
  const others = scope.parameters.filter((p) => !p.trainable).map((p) => [p.name, p.tensor]);
  const feeds = { x: normals(x.shape!, random), ...Object.fromEntries(others) };
  return { g, answer, parameters, feeds, random, change: 0.02 };
};

/** What a judge says of a picture that a generator made: the way the generator's gradient comes. */
const adversaries = (): Network => {
  const random = createRandom("cycle-gan");
  const g = new Graph("cycle-gan");
  const x = g.input("x", "float32", [2, 3, 32, 32]);
  const scope = createScope(g, { phase: "training", random });
  const made = cycleGanGenerator(within(scope, "generator"), x, { width: 8, blocks: 2 });
  const answer = patchDiscriminator(within(scope, "judge"), made, { width: 8, halvings: 2 });
  const parameters = new Map(scope.parameters.map((p) => [g.inputs.find((v) => v.name === p.name)!, p.tensor]));
  return { g, answer, parameters, feeds: { x: normals(x.shape!, random, 0.5) }, random, change: 0.02 };
};

const volumes = (): Network => {
  const random = createRandom("volumes");
  const g = new Graph("volumes");
  const x = g.input("x", "float32", [3, 1, 16, 16, 16]);
  const scope = createScope(g, { phase: "training", random });
  const answer = resnet10In3d(scope, x, { width: 4 });
  const learned = scope.parameters.filter((p) => p.trainable);
  const statistics = scope.parameters.filter((p) => !p.trainable);
  const parameters = new Map(learned.map((p) => [g.inputs.find((v) => v.name === p.name)!, p.tensor]));
  const feeds = Object.fromEntries(statistics.map((p) => [p.name, p.tensor]));
  return { g, answer, parameters, feeds: { ...feeds, x: normals(x.shape!, random) }, random, change: 0.002 };
};

describe("the gradient by all weights agrees with finite differences in random directions", () => {
  test("for Conv-4", async () => {
    for (const error of await gradientErrors(fromScratch())) expect(error).toBeLessThan(0.01);
  });

  test("for CycleGAN's generator under its discriminator", async () => {
    for (const error of await gradientErrors(adversaries())) expect(error).toBeLessThan(0.01);
  });

  test("for the 3-D ResNet-10", async () => {
    for (const error of await gradientErrors(volumes())) expect(error).toBeLessThan(0.01);
  });

  test.runIf(present).each([
    ["mobilenet_v2_1.0_224.onnx", 224],
    ["squeezenet_v1.1_227.onnx", 227],
  ])("for %s", async (file, size) => {
    for (const error of await gradientErrors(pretrained(file, size))) expect(error).toBeLessThan(0.01);
  });
});

describe("first and second gradients agree with finite differences", () => {
  test("for a small convolutional network", async () => {
    const random = createRandom("convolutions");
    const errors = await checkGrads(
      {
        build: (g, [x, w1, b1, w2]) => {
          const first = tanh(g, conv(g, [x!, w1!, b1!], { pads: [1, 1, 1, 1] }));
          const second = conv(g, [maxPool(g, first, { kernel_shape: [2, 2], strides: [2, 2] }), w2!], { group: 2 });
          return reduceMean(g, mul(g, second, second), { axes: [2, 3] });
        },
        inputs: [[2, 3, 6, 6], [4, 3, 3, 3], [4], [2, 2, 2, 2]].map((shape) => normals(shape, random)),
      },
      { open, random, step: 1e-3 },
    );
    expect(errors.length).toBe(2);
    for (const error of errors) expect(error).toBeLessThan(1e-3);
  });

  test("for a transformer block", async () => {
    const random = createRandom("transformer");
    const [batch, tokens, width, heads] = [2, 3, 4, 2];
    const errors = await checkGrads(
      {
        build: (g, [x, scale, bias, project, widen, narrow]) => {
          const normal = layerNormalization(g, x!, { scale: scale!, bias: bias! });
          const [q, k, v] = split(g, matmul(g, normal, project!), [width, width, width], 2).map((part) =>
            transpose(g, reshape(g, part, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]),
          );
          const attention = softmax(g, mul(g, matmul(g, q!, swapLastTwo(g, k!)), Math.SQRT1_2));
          const mixed = reshape(g, transpose(g, matmul(g, attention, v!), [0, 2, 1, 3]), [batch, tokens, width]);
          const first = add(g, x!, mixed);
          return gather(g, add(g, first, matmul(g, gelu(g, matmul(g, first, widen!)), narrow!)), 0, 1);
        },
        inputs: [
          normals([batch, tokens, width], random),
          normals([width], random),
          normals([width], random),
          normals([width, 3 * width], random, 0.5),
          normals([width, 8], random, 0.5),
          normals([8, width], random, 0.5),
        ],
      },
      { open, random, step: 3e-3 },
    );
    expect(errors.length).toBe(2);
    for (const error of errors) expect(error).toBeLessThan(1e-3);
  });
});

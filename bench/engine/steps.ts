import { readFileSync } from "node:fs";
import { createRandom } from "../../src/base/random.ts";
import {
  add,
  batchNormalizationTraining,
  conv,
  exportModel,
  flatten,
  floats,
  globalAveragePool,
  graft,
  Graph,
  grad,
  importModel,
  logSoftmax,
  matmul,
  maxPool,
  mul,
  openSession,
  prefix,
  reduceMean,
  reduceSum,
  relu,
  specialise,
  sub,
  type SessionOptions,
  type Tensor,
  type Value,
} from "../../src/engine.ts";
import type { Contestant } from "./race.ts";

const CLASSES = 10;

/** A training step: from photos, soft targets, a learning rate and parameters to the loss and the parameters updated. */
export interface Step {
  readonly graph: Graph;
  /** What the step starts from: parameters and photos. */
  readonly feeds: Record<string, Tensor>;
}

/** Makes weights, scaled as He et al. 2015 say, and notes them as parameters. */
interface Parameters {
  readonly weight: (shape: readonly number[]) => Value;
  readonly filled: (size: number, number: number) => Value;
  readonly values: Value[];
}

const parametersOf = (g: Graph, feeds: Record<string, Tensor>): Parameters => {
  const random = createRandom("weights");
  const values: Value[] = [];
  const note = (tensor: Tensor): Value => {
    const value = g.input(`p${values.length}`, "float32", tensor.shape);
    values.push(value);
    feeds[value.name] = tensor;
    return value;
  };
  return {
    values,
    filled: (size, number) => note(floats([size], new Float32Array(size).fill(number))),
    weight: (shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const scale = Math.sqrt((2 * shape[0]!) / size);
      return note(
        floats(
          shape,
          Array.from({ length: size }, () => scale * random.normal()),
        ),
      );
    },
  };
};

/** The loss of a linear head on features, and plain gradient descent on all parameters, as outputs of the graph. */
const finish = (
  g: Graph,
  feeds: Record<string, Tensor>,
  { features, parameters }: { features: Value; parameters: Value[] },
): Step => {
  const [n, dim] = features.shape!;
  const random = createRandom("head");
  const head = g.input("head", "float32", [dim!, CLASSES]);
  feeds["head"] = floats(
    [dim!, CLASSES],
    Array.from({ length: dim! * CLASSES }, () => 0.01 * random.normal()),
  );
  const targets = g.input("targets", "float32", [n!, CLASSES]);
  feeds["targets"] = floats(
    [n!, CLASSES],
    Array.from({ length: n! * CLASSES }, (_, i) => (i % CLASSES === Math.floor(i / CLASSES) % CLASSES ? 1 : 0)),
  );
  const rate = g.input("rate", "float32", []);
  feeds["rate"] = floats([], [1e-3]);
  const picked = reduceSum(g, mul(g, logSoftmax(g, matmul(g, features, head)), targets), { axes: [1] });
  const loss = mul(g, reduceMean(g, picked, { keepdims: 0 }), -1);
  const trained = [...parameters, head];
  g.output(loss, "loss");
  grad(g, loss, trained).forEach((d, i) => g.output(sub(g, trained[i]!, mul(g, d, rate)), `new_${trained[i]!.name}`));
  return { graph: g, feeds };
};

const photos = (g: Graph, feeds: Record<string, Tensor>, shape: readonly number[]): Value => {
  const random = createRandom("photos");
  feeds["x"] = floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random.uniform() - 1),
  );
  return g.input("x", "float32", shape);
};

/** Conv-4: four times [convolution 3 x 3 to 64, batch normalisation, max-pooling 2 x 2, ReLU]. Vinyals et al. 2016. */
export const conv4 = (batch = 100, size = 84): Step => {
  const [g, feeds] = [new Graph("conv4"), {}];
  const made = parametersOf(g, feeds);
  let x = photos(g, feeds, [batch, 3, size, size]);
  for (const channels of [3, 64, 64, 64]) {
    const y = conv(g, [x, made.weight([64, channels, 3, 3])], { pads: [1, 1, 1, 1] });
    const normal = batchNormalizationTraining(g, y, { scale: made.filled(64, 1), bias: made.filled(64, 0) });
    x = relu(g, maxPool(g, normal.y, { kernel_shape: [2, 2], strides: [2, 2] }));
  }
  return finish(g, feeds, { features: flatten(g, x), parameters: made.values });
};

/** ResNet-18 with its batch normalisation folded into the convolutions; trained from stage `from` (1 to 4) or all of it. He et al. 2015. */
export const resnet18 = (from: number, batch = 16, size = 224): Step => {
  const [g, feeds] = [new Graph("resnet18"), {} as Record<string, Tensor>];
  const made = parametersOf(g, feeds);
  const convolution = (x: Value, [o, k, stride]: readonly [number, number, number]): Value => {
    const p = (k - 1) / 2;
    const w = made.weight([o, x.shape![1]!, k, k]);
    return conv(g, [x, w, made.filled(o, 0)], { strides: [stride, stride], pads: [p, p, p, p] });
  };
  let x = relu(g, convolution(photos(g, feeds, [batch, 3, size, size]), [64, 7, 2]));
  x = maxPool(g, x, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let frozen = 0;
  [64, 128, 256, 512].forEach((width, stage) => {
    if (stage + 1 === from) frozen = made.values.length;
    for (const stride of [stage === 0 ? 1 : 2, 1]) {
      const y = convolution(relu(g, convolution(x, [width, 3, stride])), [width, 3, 1]);
      const round = stride === 1 && x.shape![1] === width ? x : convolution(x, [width, 1, stride]);
      x = relu(g, add(g, y, round));
    }
  });
  return finish(g, feeds, { features: flatten(g, globalAveragePool(g, x)), parameters: made.values.slice(frozen) });
};

/** The pretrained MobileNetV2, with everything trained from the first weight named `from` on. */
export const mobileNet = (file: URL, from: string, batch = 16, size = 224): Step => {
  const network = importModel(readFileSync(file)).graph;
  const features = network.nodes.flatMap((node) => node.outputs).find((v) => v.name === "features")!;
  const body = specialise(prefix(network, [features]), { input: [batch, 3, size, size] });
  const [g, feeds] = [new Graph("mobilenet"), {} as Record<string, Tensor>];
  const weights = [...new Set(body.nodes.flatMap((node) => node.inputs))].filter(
    (v) => v?.constant && /^l\d+\./.test(v.name),
  ) as Value[];
  const trained = weights.slice(weights.findIndex((v) => v.name === from));
  const bind = new Map<Value, Value>([[body.inputs[0]!, photos(g, feeds, [batch, 3, size, size])]]);
  for (const v of trained) {
    bind.set(v, g.input(v.name, "float32", v.shape));
    feeds[v.name] = v.constant!;
  }
  graft(g, body, bind);
  return finish(g, feeds, { features: bind.get(body.outputs[0]!)!, parameters: trained.map((v) => bind.get(v)!) });
};

/** The step as something to race: each run starts from the parameters that the last one gave. */
export const contestant = async (
  name: string,
  { graph, feeds }: Step,
  options: SessionOptions = {},
): Promise<Contestant> => {
  const session = await openSession(exportModel(graph), options);
  let state = feeds;
  return {
    name,
    run: async () => {
      const results = await session.run(state);
      const updated = Object.entries(results).flatMap(([key, t]) =>
        key.startsWith("new_") ? [[key.slice(4), t]] : [],
      );
      state = { ...state, ...Object.fromEntries(updated) };
      return Number(results["loss"]!.data[0]);
    },
    close: () => session.close(),
  };
};

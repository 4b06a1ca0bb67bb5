import type { Random } from "../base/random.ts";
import { floats, sizeOf, type Tensor } from "../graph/dtype.ts";
import { Graph, shapeOf, type Value } from "../graph/graph.ts";
import { createScope, within, type Parameter, type Scope } from "../nn/layers/scope.ts";
import { leastSquaresAdversarial } from "../nn/losses/least-squares-adversarial.ts";
import { meanAbsoluteError } from "../nn/losses/mean-absolute-error.ts";
import { cycleGanGenerator } from "../nn/networks/cycle-gan-generator.ts";
import { patchDiscriminator } from "../nn/networks/patch-discriminator.ts";
import { add } from "../ops/add.ts";
import { concat } from "../ops/concat.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { reshape } from "../ops/reshape.ts";
import { split } from "../ops/split.ts";
import type { Trainable } from "./training-graph.ts";

export interface CycleGanNetworks {
  /** Side of the pictures in pixels, divisible by 4. */
  readonly size: number;
  /** Channels of the first layers. */
  readonly width: number;
  /** Residual blocks of a generator. */
  readonly blocks: number;
  /** Halvings of a discriminator. */
  readonly halvings: number;
}

export interface CycleGanWeights {
  /** λ of the cycle loss, and the weight of the identity loss. */
  readonly cycle: number;
  readonly identity: number;
}

/** The two ways that pictures go: `a-to-b` turns photos of folder a into the look of folder b. */
export type Direction = "a-to-b" | "b-to-a";

/** Parts of the generators' loss, unweighted, each summed over both ways. */
export const LOSS_PARTS = ["adversarial", "cycle", "identity"] as const;

/** Names of the pictures that go into the steps, [1, 3, size, size] in -1 .. 1. */
export const REAL = { a: "real/a", b: "real/b" } as const;
export const JUDGED = { a: "judged/a", b: "judged/b" } as const;
/** What the generators' step hands out beside the weights: the pictures made, and the parts of the loss. */
export const MADE = { a: "made/a", b: "made/b" } as const;
export const PARTS = "loss/parts";

const pictureShape = ({ size }: CycleGanNetworks): number[] => [1, 3, size, size];

const mean = (g: Graph, values: Value): Value => reduceMean(g, values, { keepdims: 0 });

const generator = (scope: Scope, x: Value, networks: CycleGanNetworks): Value => cycleGanGenerator(scope, x, networks);

/** Scopes that declare parameters once and then use them again: the second application shares the first one's weights. */
const sharedScopes = (g: Graph, random: Random) => {
  const first = createScope(g, { phase: "training", random });
  const known = (p: Parameter): Value => g.inputs.find((v) => v.name === p.name)!;
  return { first, again: (): Scope => createScope(g, { phase: "training", random, stand: known }) };
};

/** Declares what a step is to hand out: a statistic that each step replaces. */
const handOut = (g: Graph, values: Readonly<Record<string, Value>>) => {
  const updates = new Map(Object.entries(values));
  const parameters = [...updates].map(([name, value]): Parameter => {
    const shape = shapeOf(value);
    g.input(name, "float32", shape);
    const tensor = floats(shape, new Float32Array(sizeOf(shape)));
    return { name, tensor, group: "handed-out", decay: false, trainable: false };
  });
  return { updates, parameters };
};

/**
 * The generators' step: L = Σ LSGAN + λ Σ |F(G(x)) - x| + identity · Σ |G(y) - y|, over both ways.
 *
 * Reads the discriminators' weights as inputs of their names.
 * @see Zhu et al. 2017, eq. 3, section 4 (least squares) and section 5.2 (identity). https://arxiv.org/abs/1703.10593
 */
export const buildGeneratorStep = (networks: CycleGanNetworks, weights: CycleGanWeights, random: Random): Trainable => {
  const g = new Graph("cycle-gan-generators");
  const [a, b] = [REAL.a, REAL.b].map((name) => g.input(name, "float32", pictureShape(networks)));
  const generators = sharedScopes(g, random);
  const judges = createScope(g, { phase: "training", random });
  const apply = (scope: Scope, way: Direction, x: Value): Value => generator(within(scope, way), x, networks);
  // one run for translation and identity: instance normalisation keeps pictures of a batch apart
  const [madeB, sameB] = split(g, apply(generators.first, "a-to-b", concat(g, [a!, b!], 0)), [1, 1], 0);
  const [madeA, sameA] = split(g, apply(generators.first, "b-to-a", concat(g, [b!, a!], 0)), [1, 1], 0);
  const againA = apply(generators.again(), "b-to-a", madeB!);
  const againB = apply(generators.again(), "a-to-b", madeA!);
  const judge = (name: string, x: Value): Value =>
    leastSquaresAdversarial(g, patchDiscriminator(within(judges, name), x, networks), 1);
  const both = (one: Value, two: Value): Value => add(g, mean(g, one), mean(g, two));
  const adversarial = both(judge("judge-b", madeB!), judge("judge-a", madeA!));
  const cycle = both(meanAbsoluteError(g, againA, a!), meanAbsoluteError(g, againB, b!));
  const identity = both(meanAbsoluteError(g, sameA!, a!), meanAbsoluteError(g, sameB!, b!));
  const total = add(g, adversarial, add(g, mul(g, cycle, weights.cycle), mul(g, identity, weights.identity)));
  const parts = concat(
    g,
    [adversarial, cycle, identity].map((v) => reshape(g, v, [1])),
    0,
  );
  const out = handOut(g, { [MADE.a]: madeA!, [MADE.b]: madeB!, [PARTS]: parts });
  return {
    graph: g,
    losses: reshape(g, total, [1]),
    parameters: [...generators.first.parameters, ...out.parameters],
    updates: out.updates,
  };
};

/**
 * The discriminators' step: half of the mean of (D(real) - 1)² + D(made)², for each.
 *
 * @see Zhu et al. 2017, section 4, training details
 */
export const buildDiscriminatorStep = (networks: CycleGanNetworks, random: Random): Trainable => {
  const g = new Graph("cycle-gan-discriminators");
  const scope = createScope(g, { phase: "training", random });
  const losses = (["a", "b"] as const).map((side) => {
    const pictures = [REAL[side], JUDGED[side]].map((name) => g.input(name, "float32", pictureShape(networks)));
    const answers = patchDiscriminator(within(scope, `judge-${side}`), concat(g, pictures, 0), networks);
    const [real, made] = split(g, answers, [1, 1], 0);
    const sum = add(g, leastSquaresAdversarial(g, real!, 1), leastSquaresAdversarial(g, made!, 0));
    return mul(g, sum, 0.5);
  });
  return { graph: g, losses: concat(g, losses, 0), parameters: scope.parameters };
};

export interface TranslatorParts {
  /** By the names of the generators' step. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly direction: Direction;
  /** Any: first weights are not used. */
  readonly random: Random;
}

/** One generator with its weights inside: `pixels` float32 in -1 .. 1, [1, 3, size, size] -> `translated`. */
export const buildTranslator = (networks: CycleGanNetworks, { weights, direction, random }: TranslatorParts): Graph => {
  const g = new Graph(`cycle-gan-${direction}`);
  const stand = ({ name }: Parameter): Value => g.constant(weights[name]!, name);
  const scope = createScope(g, { phase: "inference", random, stand });
  const x = g.input("pixels", "float32", pictureShape(networks));
  g.output(generator(within(scope, direction), x, networks), "translated");
  return g;
};

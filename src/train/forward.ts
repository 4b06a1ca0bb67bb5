import { HandfulError, internalError } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import { prefix, suffix } from "../graph/cut.ts";
import type { Tensor } from "../graph/dtype.ts";
import { graft } from "../graph/graft.ts";
import { Graph, shapeOf, type Value } from "../graph/graph.ts";
import { specialise } from "../graph/specialise.ts";
import { learnedConstants, type Block } from "../nn/blocks.ts";
import { linear } from "../nn/layers/linear.ts";
import { createScope, within, type Parameter, type Scope } from "../nn/layers/scope.ts";
import { crossEntropy } from "../nn/losses/cross-entropy.ts";

/** Group of the parameters of the classifier. */
export const HEAD = "head";
/** The input of a forward graph that holds the targets, [batch, ways]. */
export const TARGETS = "train/targets";

/** A linear head: scores = embedding · weights + bias. */
export interface LinearWeights {
  /** [dim, ways] */
  readonly weights: Tensor;
  /** [ways] */
  readonly bias: Tensor;
}

export interface NetworkPart {
  /** Where the batch comes in: the graph's input, or a value up to which everything is frozen. */
  readonly start: Value;
  /** Blocks that are trained. */
  readonly blocks: readonly Block[];
  readonly head: LinearWeights;
  /** Weights in the place of the graph's own, by name. */
  readonly weights?: Readonly<Record<string, Tensor>>;
}

export interface ForwardOptions extends NetworkPart {
  readonly batch: number;
  /** Shape of `start` for one picture. */
  readonly shape: readonly number[];
  /** Share of each target spread over all classes. */
  readonly smoothing: number;
}

/** A network from some value on, with a new head, of known shapes. */
export interface Forward {
  readonly graph: Graph;
  readonly input: string;
  readonly scores: Value;
  readonly losses: Value;
  readonly parameters: readonly Parameter[];
}

const weighted = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul", "ConvInteger", "MatMulInteger", "QLinearConv"]);

/**
 * Refuses blocks whose weights are not float32, as in models that are quantised or of half precision.
 *
 * @param all  the blocks of the network
 * @throws HandfulError E_PARAMETER_TYPE naming the node and where to freeze
 */
export const checkParameters = (blocks: readonly Block[], all: readonly Block[]): void => {
  for (const block of blocks.toReversed())
    for (const node of block.nodes) {
      const inputs = weighted.has(node.op.type) ? node.inputs.slice(1) : learnedConstants([node]);
      const bad = inputs.find((v) => v?.constant && v.dtype !== "float32");
      if (!bad) continue;
      const above = all.length - 1 - all.findIndex((b) => b.name === block.name);
      throw new HandfulError(
        "training",
        "E_PARAMETER_TYPE",
        `${block.name}: "${bad.name}" of node "${node.name}" (${node.op.type}) is ${bad.dtype}; only float32 can be trained`,
        {
          hint:
            above > 0
              ? `Freeze everything up to "${block.to.name}" by training the last ${above} blocks, or use a float32 export.`
              : "Train the head alone, or use a float32 export of the model.",
        },
      );
    }
};

/** The network from `start` to its features, as a graph of one output; null where `start` is the features. */
const partFrom = (g: Graph, start: Value): Graph | null => {
  if (g.outputs[0] === start) return null;
  return g.inputs[0] === start ? prefix(g, g.outputs) : suffix(g, start);
};

/** Parameters of the trained blocks, as they stand in the graph or in `weights`. */
export const parametersOf = (blocks: readonly Block[], weights: Readonly<Record<string, Tensor>> = {}): Parameter[] =>
  blocks.flatMap((block) =>
    learnedConstants(block.nodes).map(({ name, constant }) => ({
      name,
      tensor: weights[name] ?? constant!,
      group: block.name,
      decay: constant!.shape.filter((n) => n > 1).length > 1,
      trainable: true,
    })),
  );

/** The network from `start` on with a linear head, to be put into any scope: [n, …] -> scores [n, ways]. */
export const scoresFrom =
  (g: Graph, { start, blocks, head, weights }: NetworkPart) =>
  (scope: Scope, x: Value): Value => {
    const part = partFrom(g, start);
    let features = x;
    if (part) {
      const concrete = specialise(part, { [start.name]: shapeOf(x) });
      const bind = new Map<Value, Value>([[concrete.inputs[0]!, x]]);
      const all = new Map(concrete.nodes.flatMap((node) => node.inputs).map((v) => [v?.constant ? v.name : "", v]));
      for (const { name, tensor, group, decay } of parametersOf(blocks, weights)) {
        const constant = all.get(name);
        if (!constant) throw internalError(`parameter "${name}" is not in the graph`);
        const declared = { shape: tensor.shape, initial: () => tensor, decay, group };
        bind.set(constant, scope.parameter(name, declared));
      }
      graft(scope.g, concrete, bind);
      features = bind.get(concrete.outputs[0]!)!;
    }
    return linear(within(scope, HEAD), features, {
      units: head.bias.shape[0]!,
      initial: () => head.weights,
      initialBias: () => head.bias,
    });
  };

/** Builds the forward graph: data and parameters in, scores and losses out. */
export const buildForward = (g: Graph, options: ForwardOptions): Forward => {
  const { start, batch, shape, head, smoothing } = options;
  const target = new Graph("forward");
  const input = target.input(start.name, start.dtype, [batch, ...shape.slice(1)]);
  const scope = createScope(target, { phase: "training", random: createRandom(HEAD) });
  const scores = scoresFrom(g, options)(scope, input);
  const targets = target.input(TARGETS, "float32", [batch, head.bias.shape[0]!]);
  const losses = crossEntropy(target, scores, targets, { smoothing });
  return { graph: target, input: input.name, scores, losses, parameters: scope.parameters };
};

/** The same graph with other tensors for some of its constants, by name. */
export const withWeights = (g: Graph, weights: Readonly<Record<string, Tensor>>): Graph => {
  const target = new Graph(g.name);
  const bind = new Map<Value, Value>();
  for (const v of g.inputs) bind.set(v, target.input(v.name, v.dtype, v.dims ?? v.shape));
  for (const v of g.nodes.flatMap((node) => node.inputs)) {
    const tensor = v?.constant && weights[v.name];
    if (v && tensor && !bind.has(v)) bind.set(v, target.constant(tensor, v.name));
  }
  graft(target, g, bind);
  for (const v of g.outputs) target.outputs.push(bind.get(v)!);
  return target;
};

import { internalError } from "../base/errors.ts";
import { grad } from "../autodiff/grad.ts";
import { floats, sizeOf, type Tensor } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import type { Parameter } from "../nn/layers/scope.ts";
import { add } from "../ops/add.ts";
import { div } from "../ops/div.ts";
import { identity } from "../ops/identity.ts";
import { min } from "../ops/min.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { reduceSumSquare } from "../ops/reduce-sum-square.ts";
import { sqrt } from "../ops/sqrt.ts";
import type { Optimiser } from "./optimisers/optimiser.ts";

/** A forward graph to be trained, of known shapes. */
export interface Trainable {
  /** Its inputs are what a batch brings, and the parameters by name. */
  readonly graph: Graph;
  /** Loss of every row, [rows]; their mean is minimised. */
  readonly losses: Value;
  readonly parameters: readonly Parameter[];
  /** What statistics become after a batch, by parameter name. */
  readonly updates?: ReadonlyMap<string, Value>;
}

export interface TrainingOptions {
  readonly optimiser: Optimiser;
  /** Largest norm of all gradients together; null: not clipped. Default 1. */
  readonly clipNorm?: number | null;
  /** Share of the averaged weights kept at each step, in [0, 1); null (default): no average is kept. */
  readonly averaging?: number | null;
}

/** Names of the scalar inputs and the outputs of a training graph that are no parameters. */
export const STEP = "train/step";
export const LOSSES = "train/losses";
export const NORM = "train/norm";
export const rateName = (group: string): string => `train/rate/${group}`;
/** The output that gives the next value of an input. */
export const nextName = (name: string): string => `next/${name}`;
/** The running average of a parameter. */
export const averageName = (name: string): string => `${name}/average`;

/** A training graph, with what is fed back from each step to the next. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** First values of everything that is fed back: parameters, their optimiser state and their averages. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** Groups of trainable parameters, each with a learning rate. */
  readonly groups: readonly string[];
  /** Number of losses. */
  readonly rows: number;
}

/** Gradients scaled down together to a norm of at most `limit`; and that norm before. Pascanu et al. 2013. */
const clipped = (g: Graph, gradients: readonly Value[], limit: number | null): { norm: Value; gradients: Value[] } => {
  const squares = gradients.map((d) => reduceSumSquare(g, d, { keepdims: 0 }));
  const norm = sqrt(
    g,
    squares.reduce((a, b) => add(g, a, b)),
  );
  if (limit === null) return { norm, gradients: [...gradients] };
  const factor = min(g, div(g, g.constant(limit), add(g, norm, 1e-6)), 1);
  return { norm, gradients: gradients.map((d) => mul(g, d, factor)) };
};

/**
 * Grows a forward graph into one whole training step: mean loss, gradients, clipping, optimiser and averages.
 *
 * Everything that lasts goes in and comes out as tensors, and rates are inputs, so schedules never recompile.
 * Changes the graph that is given.
 * @throws HandfulError E_NO_GRADIENT when an operator between a parameter and the loss has no gradient
 */
export const buildTrainingGraph = (
  { graph: g, losses, parameters, updates = new Map() }: Trainable,
  { optimiser, clipNorm = 1, averaging = null }: TrainingOptions,
): TrainingGraph => {
  const inputs = new Map(g.inputs.map((v) => [v.name, v]));
  const trained = parameters.filter((p) => p.trainable);
  if (trained.length === 0) throw internalError("nothing is trainable");
  const loss = reduceMean(g, losses, { keepdims: 0 });
  const found = grad(
    g,
    loss,
    trained.map((p) => inputs.get(p.name)!),
  );
  const { norm, gradients } = clipped(g, found, clipNorm);
  g.outputs.length = 0;
  g.output(identity(g, losses), LOSSES);
  g.output(identity(g, norm), NORM);
  const state: Record<string, Tensor> = {};
  const groups = [...new Set(trained.map((p) => p.group))];
  const rates = new Map(groups.map((group) => [group, g.input(rateName(group), "float32", [])]));
  const step = g.input(STEP, "float32", []);
  const emit = (name: string, first: Tensor, next: Value): void => {
    state[name] = first;
    g.output(next, nextName(name));
  };
  trained.forEach((p, i) => {
    const slots = optimiser.init(p.tensor);
    const slotInputs = Object.fromEntries(
      Object.entries(slots).map(([slot, t]) => [slot, g.input(`${p.name}/${slot}`, t.dtype, t.shape)]),
    );
    const next = optimiser.update(g, {
      parameter: inputs.get(p.name)!,
      gradient: gradients[i]!,
      state: slotInputs,
      rate: rates.get(p.group)!,
      step,
      decay: p.decay,
    });
    emit(p.name, p.tensor, next.parameter);
    for (const [slot, first] of Object.entries(slots)) emit(`${p.name}/${slot}`, first, next.state[slot]!);
    if (averaging === null) return;
    // a graph may answer by its own averages
    const average = inputs.get(averageName(p.name)) ?? g.input(averageName(p.name), "float32", p.tensor.shape);
    emit(averageName(p.name), p.tensor, add(g, mul(g, average, averaging), mul(g, next.parameter, 1 - averaging)));
  });
  for (const p of parameters.filter((each) => !each.trainable)) {
    const next = updates.get(p.name);
    if (next) emit(p.name, p.tensor, next);
  }
  return { graph: g, state, groups, rows: sizeOf(shapeOf(losses)) };
};

/** Zeros of a tensor's shape, to be written into. */
export const blankLike = ({ shape }: Tensor): Tensor => floats(shape, new Float32Array(sizeOf(shape)));

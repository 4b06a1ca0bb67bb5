import { HandfulError } from "../base/errors.ts";
import { floats, type Tensor } from "../graph/dtype.ts";
import { openGraph, type GraphSessionOptions } from "../runtime/graph-session.ts";
import {
  averageName,
  blankLike,
  buildTrainingGraph,
  LOSSES,
  nextName,
  NORM,
  rateName,
  STEP,
  type Trainable,
  type TrainingOptions,
} from "./training-graph.ts";

/** What one step learns from. */
export interface Batch {
  /** By input name. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Names of the rows, for errors. */
  readonly names: readonly string[];
}

export interface StepResult {
  /** Mean over the rows. */
  readonly loss: number;
  /** Norm of all gradients together, before clipping. */
  readonly norm: number;
}

/** Everything that a training leaves behind after a step. */
export interface Snapshot {
  readonly steps: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A training that goes step by step. Must be closed. */
export interface Stepper {
  /** Groups that want a learning rate. */
  readonly groups: readonly string[];
  /** Steps done. */
  readonly steps: number;
  /**
   * One step. When it fails, parameters and state are what they were before.
   * @throws HandfulError E_LOSS_NAN naming the rows whose loss is not finite
   */
  run(batch: Batch, rates: Readonly<Record<string, number>>): Promise<StepResult>;
  /** The parameters (averaged ones where an average is kept) as they stand: views, overwritten two steps later. */
  weights(): Readonly<Record<string, Tensor>>;
  /** A copy of all there is, to be kept. */
  snapshot(): Snapshot;
  /** Takes up where a snapshot of the same training, or one that trained some of its parameters, left off. */
  restore(snapshot: Snapshot): void;
  close(): Promise<void>;
}

/** A copy with memory of its own. */
const copyOf = (tensor: Tensor): Tensor => ({ ...tensor, data: (tensor.data as Float32Array).slice() });

const notFinite = (names: readonly string[], losses: Float32Array, norm: number): HandfulError => {
  const bad = names.filter((_, i) => !Number.isFinite(losses[i]));
  const [which, what] = bad.length > 0 ? [bad, "the loss"] : [names, `the gradient (norm ${norm})`];
  const listed = [...new Set(which)].slice(0, 8).join(", ") + (which.length > 8 ? ", …" : "");
  return new HandfulError("training", "E_LOSS_NAN", `${what} is not finite in the batch of ${listed}`, {
    hint: "The weights of the last good step are kept. Check these pictures, or lower the learning rate.",
  });
};

/**
 * Compiles a training step and holds what it feeds back.
 *
 * All tensors that last are held twice and swapped, so memory does not grow: a step reads one set and writes the other.
 */
export const openStepper = async (
  trainable: Trainable,
  options: TrainingOptions & GraphSessionOptions,
): Promise<Stepper> => {
  const { graph, state, groups, rows } = buildTrainingGraph(trainable, options);
  const { threads, spin, domains, profile } = options;
  const session = await openGraph(graph, {
    ...(threads !== undefined && { threads }),
    ...(spin !== undefined && { spin }),
    ...(domains && { domains }),
    ...(profile !== undefined && { profile }),
  });
  const fixed = trainable.parameters.filter((p) => !(p.name in state));
  const constants = Object.fromEntries(fixed.map((p) => [p.name, p.tensor]));
  const names = Object.keys(state);
  const blanks = (): Record<string, Tensor> => Object.fromEntries(names.map((name) => [name, blankLike(state[name]!)]));
  let [current, next] = [Object.fromEntries(names.map((name) => [name, copyOf(state[name]!)])), blanks()];
  let steps = 0;
  const losses = floats([rows], new Float32Array(rows));
  const norm = floats([], [0]);
  const scalar = (value: number): Tensor => floats([], [value]);
  return {
    groups,
    get steps() {
      return steps;
    },
    run: async ({ feeds, names: rowNames }, rates) => {
      const scalars = groups.map((group) => [rateName(group), scalar(rates[group] ?? 0)] as const);
      await session.runInto(
        { ...constants, ...current, ...feeds, ...Object.fromEntries(scalars), [STEP]: scalar(steps + 1) },
        { ...Object.fromEntries(names.map((name) => [nextName(name), next[name]!])), [LOSSES]: losses, [NORM]: norm },
      );
      const each = losses.data as Float32Array;
      const length = Number(norm.data[0]);
      const loss = each.reduce((sum, v) => sum + v, 0) / rows;
      if (!Number.isFinite(loss) || !Number.isFinite(length)) throw notFinite(rowNames, each, length);
      [current, next] = [next, current];
      steps += 1;
      return { loss, norm: length };
    },
    weights: () =>
      Object.fromEntries(
        trainable.parameters.map(({ name }) => [name, current[averageName(name)] ?? current[name] ?? constants[name]!]),
      ),
    snapshot: () => ({
      steps,
      tensors: Object.fromEntries(names.map((name) => [name, copyOf(current[name]!)])),
    }),
    restore: (snapshot) => {
      steps = snapshot.steps;
      for (const name of names) {
        const kept = snapshot.tensors[name];
        if (kept) (current[name]!.data as Float32Array).set(kept.data as Float32Array);
      }
    },
    close: () => session.close(),
  };
};

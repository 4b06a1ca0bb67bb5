import type { Tensor } from "../graph/dtype.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { Batch, Snapshot, Stepper } from "./step.ts";

/** How weights fare on pictures that were held out. */
export interface Validation {
  readonly accuracy: number;
  readonly loss: number;
}

/** One epoch, for reports. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over its steps. */
  readonly loss: number;
  readonly validation: Validation | null;
}

/** The weights of the epoch that fared best. */
interface Best {
  readonly epoch: number;
  readonly validation: Validation;
  readonly weights: Readonly<Record<string, Tensor>>;
}

/** Where a training stands; with it another process goes on to the same weights, bit for bit. */
export interface Progress {
  /** Steps of the unfinished epoch are counted too. */
  readonly snapshot: Snapshot;
  readonly history: readonly EpochRecord[];
  /** Losses of the unfinished epoch. */
  readonly losses: readonly number[];
  readonly best: Best | null;
}

export interface FitOptions {
  readonly stepper: Stepper;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The batch of a step: hangs on epoch and step alone, both counted from 0. */
  readonly batchAt: (epoch: number, step: number) => Promise<Batch>;
  /** Learning rate of every group; steps counted from 0 over all epochs. */
  readonly rates: (step: number, total: number) => Readonly<Record<string, number>>;
  /** Asks held-out pictures after every epoch; the best epoch's weights are kept. */
  readonly validate?: (weights: Readonly<Record<string, Tensor>>) => Promise<Validation>;
  /** Epochs without a better validation after which to stop; default: never. */
  readonly patience?: number;
  /** Where to go on from. */
  readonly start?: Progress;
  /** Called after every epoch and where the training is broken off. */
  readonly save?: (progress: Progress) => Promise<void>;
  /** Breaks off after the step at hand. */
  readonly signal?: AbortSignal;
  /** Breaks off in time to end by then. */
  readonly deadline?: Deadline;
  readonly onEpoch?: (record: EpochRecord) => void;
}

export interface Deadline {
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  /** By that clock. */
  readonly endsAt: number;
}

export interface FitResult {
  /** Of the best epoch where there is validation, else of the last step. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly history: readonly EpochRecord[];
  /** Epoch that `weights` are from; null: they are simply the last ones. */
  readonly bestEpoch: number | null;
  readonly stopped: "finished" | "early" | "time" | "interrupted";
  readonly progress: Progress;
}

const isBetter = (a: Validation, b: Validation): boolean =>
  a.accuracy !== b.accuracy ? a.accuracy > b.accuracy : a.loss < b.loss;

const copied = (weights: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(weights).map(([name, t]) => [name, { ...t, data: (t.data as Float32Array).slice() }]),
  );

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** The longest that something took, in milliseconds, by the deadline's clock. */
const createTimer = (deadline: Deadline | undefined) => {
  const longest = { step: 0, validation: 0 };
  return {
    /** Runs something and takes its time. */
    take: async <T>(kind: keyof typeof longest, work: () => Promise<T>): Promise<T> => {
      const start = deadline?.now() ?? 0;
      const result = await work();
      if (deadline) longest[kind] = Math.max(longest[kind], deadline.now() - start);
      return result;
    },
    isShort: (): boolean =>
      deadline !== undefined && deadline.now() + longest.step + longest.validation > deadline.endsAt,
  };
};

/**
 * Trains epoch by epoch: validates and keeps the best, stops early, in time or when told to, and can go on later.
 *
 * @throws HandfulError E_LOSS_NAN, after having saved the last good state
 */
export const fit = async (options: FitOptions): Promise<FitResult> => {
  const { stepper, epochs, stepsPerEpoch, start, signal, deadline, patience = Infinity } = options;
  const total = epochs * stepsPerEpoch;
  const history = [...(start?.history ?? [])];
  let losses = [...(start?.losses ?? [])];
  let best = start?.best ?? null;
  if (start) stepper.restore(start.snapshot);
  const timer = createTimer(deadline);
  const progress = (): Progress => ({ snapshot: stepper.snapshot(), history: [...history], losses: [...losses], best });
  const end = async (stopped: FitResult["stopped"]): Promise<FitResult> => {
    const last = progress();
    if (stopped === "time" || stopped === "interrupted") await options.save?.(last);
    const weights = best?.weights ?? copied(stepper.weights());
    return { weights, history, bestEpoch: best?.epoch ?? null, stopped, progress: last };
  };
  // The next batch of the epoch is made ready (in other threads) while the step at hand computes.
  let ahead: Promise<Batch> | null = null;
  const oneStep = async (epoch: number): Promise<void> => {
    const step = losses.length;
    const at = epoch * stepsPerEpoch + step;
    const batch = await (ahead ?? options.batchAt(epoch, step));
    ahead = step + 1 < stepsPerEpoch ? options.batchAt(epoch, step + 1) : null;
    ahead?.catch(() => undefined); // thrown where it is awaited, if it ever is
    try {
      losses.push((await stepper.run(batch, options.rates(at, total))).loss);
    } catch (thrown) {
      await options.save?.(progress());
      throw thrown;
    }
  };
  const isStale = (): boolean => best !== null && history.length - best.epoch >= patience;
  for (let epoch = history.length; epoch < epochs && !isStale(); epoch++) {
    while (losses.length < stepsPerEpoch) {
      if (signal?.aborted) return end("interrupted");
      if (timer.isShort()) return end("time");
      await timer.take("step", () => oneStep(epoch));
    }
    const weights = stepper.weights();
    const validation = options.validate ? await timer.take("validation", () => options.validate!(weights)) : null;
    if (validation && (!best || isBetter(validation, best.validation)))
      best = { epoch: epoch + 1, validation, weights: copied(weights) };
    history.push({ epoch: epoch + 1, loss: mean(losses), validation });
    losses = [];
    options.onEpoch?.(history.at(-1)!);
    await options.save?.(progress());
  }
  return end(history.length < epochs ? "early" : "finished");
};

const prefixed = (prefix: string, tensors: Readonly<Record<string, Tensor>>): [string, Tensor][] =>
  Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]);

const STATE = "state:";
const BEST = "best:";

/** Progress as bytes; `key` says what it belongs to: data, options and stage. */
export const encodeProgress = ({ snapshot, history, losses, best }: Progress, key: string): Uint8Array =>
  encodeCheckpoint({
    tensors: Object.fromEntries([...prefixed(STATE, snapshot.tensors), ...prefixed(BEST, best?.weights ?? {})]),
    metadata: {
      key,
      steps: String(snapshot.steps),
      history: JSON.stringify(history),
      losses: JSON.stringify(losses),
      best: JSON.stringify(best && { epoch: best.epoch, validation: best.validation }),
    },
  });

/**
 * What `encodeProgress` wrote.
 *
 * @throws artifactError E_CHECKPOINT when the bytes are damaged
 */
export const decodeProgress = (bytes: Uint8Array): { readonly key: string; readonly progress: Progress } => {
  const { tensors, metadata } = decodeCheckpoint(bytes);
  const under = (prefix: string): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, t]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), t]] : [])),
    );
  const best = JSON.parse(metadata.best ?? "null") as Omit<Best, "weights"> | null;
  return {
    key: metadata.key ?? "",
    progress: {
      snapshot: { steps: Number(metadata.steps), tensors: under(STATE) },
      history: JSON.parse(metadata.history ?? "[]") as EpochRecord[],
      losses: JSON.parse(metadata.losses ?? "[]") as number[],
      best: best && { ...best, weights: under(BEST) },
    },
  };
};

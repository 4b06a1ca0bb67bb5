import { shuffled, type Random } from "../../base/random.ts";
import { floats } from "../../graph/dtype.ts";
import type { Photos, Source } from "../activations.ts";
import type { Variation } from "../batches.ts";
import type { Batch } from "../step.ts";
import { STUDENT_VIEW, TEACHER_VIEW, WEIGHT } from "./consistency-graph.ts";
import type { ConsistencyMethod, ConsistencyOptions } from "./consistency-method.ts";

/** Unlabelled pictures that a training learns from beside the labelled ones. */
export interface Unlabelled {
  readonly method: ConsistencyMethod;
  readonly options: ConsistencyOptions;
  /** By index among all photos. */
  readonly rows: readonly number[];
}

/** exp(-5 (1 - t)²) over the first share of the steps, then 1. Tarvainen and Valpola 2017, appendix B.1. */
export const rampedUp = (step: number, total: number, share: number): number => {
  const steps = share * total;
  return step >= steps ? 1 : Math.exp(-5 * (1 - step / steps) ** 2);
};

export interface ConsistencyBatchesOptions extends Unlabelled, Pick<Variation, "views"> {
  /** Labelled pictures of a step. */
  readonly batch: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly photos: Photos;
  readonly source: Source;
  readonly random: Random;
}

/** Batches with unlabelled pictures added: all of them in a new order in every pass, each in two views. */
export const createConsistencyBatches = (
  labelled: (epoch: number, step: number) => Promise<Batch>,
  { method, options, rows, views, batch, epochs, stepsPerEpoch, photos, source, random }: ConsistencyBatchesOptions,
): ((epoch: number, step: number) => Promise<Batch>) => {
  const count = batch * options.ratio;
  const orders = new Map<number, readonly number[]>(); // of the pass at hand and the one after it
  const rowAt = (at: number): number => {
    const pass = Math.floor(at / rows.length);
    if (!orders.has(pass)) {
      orders.delete(pass - 2);
      orders.set(pass, shuffled(rows, random.fork(`pass ${pass}`)));
    }
    return orders.get(pass)![at % rows.length]!;
  };
  const sign = method.studentView === "strong" ? -1 : 1;
  return async (epoch, step) => {
    const at = epoch * stepsPerEpoch + step;
    const drawn = Array.from({ length: count }, (_, i) => rowAt(at * count + i));
    const draw = random.fork(`views ${at}`);
    const viewsOf = (which: 0 | 1): number[] =>
      drawn.map(() => (views === "fresh" ? 1 + 2 * at + which : which + draw.integer(Math.max(1, views - which))));
    const [teacher, student] = [viewsOf(0), viewsOf(1).map((view) => sign * view)];
    const weight = options.weight * rampedUp(at, epochs * stepsPerEpoch, options.rampUp);
    const own = await labelled(epoch, step);
    return {
      feeds: {
        ...own.feeds,
        [TEACHER_VIEW]: await source.rows(drawn, teacher),
        [STUDENT_VIEW]: await source.rows(drawn, student),
        [WEIGHT]: floats([], [weight]),
      },
      names: [...own.names, ...drawn.map(photos.name)],
    };
  };
};

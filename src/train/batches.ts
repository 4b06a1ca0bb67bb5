import { takeRows, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { applyMix, mixTargets, partnersOf, sizeOfBatch, type Batch as MixedBatch } from "../data/mix.ts";
import { sampleMix, type Policy } from "../data/policy.ts";
import { floats, type Tensor } from "../graph/dtype.ts";
import type { Photos, Source } from "./activations.ts";
import { TARGETS } from "./forward.ts";
import { balancedEpoch } from "./sampler.ts";
import type { Batch } from "./step.ts";

/** How the pictures of a training are varied. */
export interface Variation {
  readonly policy: Policy;
  /** Versions of every picture that are learned from; "fresh": another one every time. */
  readonly views: number | "fresh";
}

export interface BatchesOptions extends Variation {
  /** Pictures to learn from, by index. */
  readonly rows: readonly number[];
  /** Class index of every picture. */
  readonly labels: Int32Array;
  /** Probabilities that each picture is of each class, [pictures, ways], in the place of labels as what is to be said. */
  readonly targets?: Matrix | undefined;
  readonly ways: number;
  /** Pictures of a step. */
  readonly batch: number;
  readonly photos: Photos;
  readonly source: Source;
  /** How the axes of the source's rows lie. */
  readonly layout: MixedBatch<Float32Array>["layout"];
  /** Name of the graph's input that takes them. */
  readonly input: string;
  readonly random: Random;
}

/** What is to be said of some pictures, [rows, ways]: the targets given, or one-hot labels. */
const targetsOf = (
  rows: readonly number[],
  { labels, targets, ways }: Pick<BatchesOptions, "labels" | "targets" | "ways">,
): Float32Array => {
  if (targets) return takeRows(targets, rows).data;
  const out = new Float32Array(rows.length * ways);
  rows.forEach((row, i) => (out[i * ways + labels[row]!] = 1));
  return out;
};

/**
 * The batch of any step: rows of balanced classes, in versions by the policy, mixed with each other where it says so.
 *
 * Each hangs on seed, epoch and step alone.
 */
export const createBatches = (options: BatchesOptions): ((epoch: number, step: number) => Promise<Batch>) => {
  const { rows, labels, ways, batch, photos, source, layout, input, random, policy, views } = options;
  const viewsOf = (indices: readonly number[], epoch: number, step: number): number[] => {
    const draw = random.fork(`views ${epoch}/${step}`);
    // fresh ones are counted on for ever; a picture that comes twice in a step is varied alike
    return indices.map(() =>
      views === "fresh" ? 1 + epoch * Math.ceil(rows.length / batch) + step : draw.integer(views),
    );
  };
  const mixed = ({ dtype, shape, data }: Tensor, targets: Float32Array, draw: Random): [Tensor, Float32Array] => {
    const given = { data: data as Uint8Array | Float32Array, shape, layout };
    const mix = sampleMix(policy, sizeOfBatch(given), draw);
    if (!mix) return [{ dtype, shape, data }, targets];
    const partners = partnersOf(shape[0]!, draw);
    return [{ dtype, shape, data: applyMix(given, mix, partners) }, mixTargets(targets, mix.share, partners)];
  };
  let drawn: { epoch: number; steps: number[][] } | null = null; // kept while the epoch lasts: it costs a pass over all
  return async (epoch, step) => {
    if (drawn?.epoch !== epoch)
      drawn = { epoch, steps: balancedEpoch(labels, { rows, batch, random: random.fork(`epoch ${epoch}`) }) };
    const indices = drawn.steps[step]!;
    const pictures = await source.rows(indices, viewsOf(indices, epoch, step));
    const [x, targets] = mixed(pictures, targetsOf(indices, options), random.fork(`mix ${epoch}/${step}`));
    return { feeds: { [input]: x, [TARGETS]: floats([batch, ways], targets) }, names: indices.map(photos.name) };
  };
};

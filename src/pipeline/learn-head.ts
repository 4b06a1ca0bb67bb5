import { createRandom } from "../base/random.ts";
import { chooseArm, type ArmResult } from "../evaluate/choose-arm.ts";
import { evaluateHeads, type HeadResult } from "../evaluate/evaluate-heads.ts";
import { relationNetworks } from "../methods/relation-networks.ts";
import type { LearningArm } from "./learning-arms.ts";
import type { Lesson } from "./lesson.ts";

export interface LearnHeadOptions {
  /** Name of a head, or "auto". */
  readonly head: string;
  readonly seed: number;
  /** How much a photo of each class counts. */
  readonly weights: readonly number[];
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A head with its evidence, learned in each way given; of several ways the one that proves a gain over the first. */
export const learnHead = async (
  { backbone, selected, classes, labels, keys }: Lesson,
  arms: readonly [LearningArm, ...LearningArm[]],
  options: LearnHeadOptions,
): Promise<HeadResult> => {
  const { features, groups } = selected.training;
  const results: ArmResult[] = [];
  for (const [i, { policy, made }] of arms.entries()) {
    const result = await evaluateHeads({
      features,
      labels,
      groups,
      made,
      classes,
      keys,
      random: createRandom(options.seed),
      heads: options.head === "auto" ? undefined : [options.head],
      own: backbone.relation ? [relationNetworks(backbone.relation)] : [],
      classWeights: Float64Array.from(options.weights),
      ...(options.threads !== undefined && { threads: options.threads }),
      onProgress: (done, total) => {
        options.signal?.throwIfAborted();
        options.onProgress?.(i * total + done, arms.length * total);
      },
    });
    results.push({ name: policy.name, result });
  }
  if (arms.length === 1) return results[0]!.result;
  return chooseArm(results as [ArmResult, ...ArmResult[]], createRandom(options.seed).fork("augmentation"));
};

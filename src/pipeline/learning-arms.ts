import { stackRows } from "../base/matrix.ts";
import { noPolicy } from "../data/policies.ts";
import type { Policy } from "../data/policy.ts";
import type { Made } from "../evaluate/made.ts";
import { embedViews } from "./embed-views.ts";
import type { Lesson } from "./lesson.ts";

/** How photos are varied for a head on frozen features. */
export interface AugmentOptions {
  /** One is used as it is; of several the one that proves a gain, if any. */
  readonly policies: readonly Policy[];
  /** Augmented versions of every photo. */
  readonly views: number;
  readonly choose: boolean;
}

/** One way for a head to learn: with the rows made from the photos under a policy. */
export interface LearningArm {
  readonly policy: Policy;
  readonly made: Made | undefined;
}

/** How photos were varied in learning, for the results: a policy is data, and travels with them. */
export interface AugmentationFacts {
  /** For the head. */
  readonly policy: Policy;
  /** Augmented versions of every photo, beside the photo; 0: the policy takes photos as they are. */
  readonly views: number;
  /** For the network, where it was tuned; null: photos as they are. */
  readonly network: Policy | null;
  /** For people. */
  readonly text: string;
}

const together = (a: Made | undefined, b: Made): Made =>
  a
    ? {
        features: stackRows([a.features, b.features]),
        labels: Int32Array.from([...a.labels, ...b.labels]),
        source: Int32Array.from([...a.source, ...b.source]),
      }
    : b;

/**
 * The ways in which a head is to learn: plain first where one is to be chosen.
 *
 * @param lesson  with its backbone open, and rows made otherwise, which take part in all
 */
export const learningArms = async (
  { policies, views, choose }: AugmentOptions,
  lesson: Lesson,
  options: {
    readonly seed: number;
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<LearningArm[]> => {
  const { backbone, dataset, keys, labels, made, selected } = lesson;
  const { items } = selected.training;
  const arms: LearningArm[] = choose ? [{ policy: noPolicy, made }] : [];
  const { onProgress, ...rest } = options;
  for (const [i, policy] of policies.entries()) {
    if (policy.steps.length === 0) {
      arms.push({ policy, made });
      continue;
    }
    const report = (done: number, total: number): void => onProgress?.(i * total + done, policies.length * total);
    const features = await embedViews({ ...rest, backbone, dataset, items, keys, policy, views, onProgress: report });
    const source = Int32Array.from({ length: features.rows }, (_, row) => Math.floor(row / views));
    const own: Made = { features, labels: source.map((photo) => labels[photo]!), source };
    arms.push({ policy, made: together(made, own) });
  }
  return arms;
};

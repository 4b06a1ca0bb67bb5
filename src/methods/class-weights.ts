import { countShots } from "./few-shot/_shared.ts";
import type { Support } from "./method.ts";

/** What the sizes of classes do to a head: nothing (all classes count alike), or all that they do by themselves. */
export const CLASS_WEIGHTS = ["balanced", "none"] as const;
export type ClassWeights = (typeof CLASS_WEIGHTS)[number];

/**
 * How much an image of each class counts, [ways]: `balanced` n / (ways n_c), so that all classes count alike and the
 * weights of all images add up to n; `none` 1. Both are exactly 1 where classes are of one size.
 *
 * @see King & Zeng 2001, Logistic regression in rare events data, section 4.2. https://doi.org/10.1093/oxfordjournals.pan.a004868
 *   in the form of scikit-learn's class_weight="balanced"
 */
export const weighClasses = (how: ClassWeights, { labels, ways }: Pick<Support, "labels" | "ways">): Float64Array =>
  how === "none"
    ? new Float64Array(ways).fill(1)
    : countShots({ labels, ways }).map((count) => labels.length / (ways * count));

/**
 * Weights by which every class keeps the share that its own images give it, however unevenly more rows were added:
 * w_c n_c / (n_c + m_c), times (n + m) / n so that the weights of all rows still add up to as much as there are rows.
 *
 * @param more  class index of every added row
 */
export const weighWithMore = (
  { labels, ways, classWeights }: Pick<Support, "labels" | "ways" | "classWeights">,
  more: Int32Array,
): Float64Array => {
  const own = countShots({ labels, ways });
  const added = countShots({ labels: more, ways });
  const scale = (labels.length + more.length) / labels.length;
  return own.map((n, c) => ((classWeights?.[c] ?? 1) * scale * n) / (n + added[c]! || 1));
};

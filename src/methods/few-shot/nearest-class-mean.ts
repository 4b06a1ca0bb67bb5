import { optionError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import type { Method, Support } from "../method.ts";
import {
  checkSupport,
  classMeans,
  emitLinear,
  nearestPointHead,
  predictLinear,
  transformed,
  transposed,
  type LinearHead,
} from "./_shared.ts";

const METRICS = ["cosine", "euclidean"] as const;
const NOTHING = new Float32Array(0);

/** How an image is compared with a class mean. */
export type NearestClassMeanOptions = {
  readonly metric: (typeof METRICS)[number];
};

const metricOf = (metric: string): (typeof METRICS)[number] => {
  const known = METRICS.find((name) => name === metric);
  if (known) return known;
  const near = nearestName(metric, METRICS);
  throw optionError(
    `metric: wanted ${METRICS.join(" or ")}, got "${metric}"`,
    near ? { hint: `Did you mean ${near}?` } : {},
  );
};

const fit = ({ features, labels, ways }: Support, metric: string): LinearHead => {
  if (metricOf(metric) === "euclidean") return nearestPointHead(classMeans(features, labels, ways), NOTHING, false);
  const means = transformed(classMeans(features, labels, ways), NOTHING, true);
  return { centre: NOTHING, unit: true, weights: transposed(means), bias: new Float32Array(ways) };
};

/**
 * Nearest class mean: an image belongs to the class whose mean feature (its prototype) is nearest.
 *
 * `euclidean`: score_c = 2 x·m_c - |m_c|², which is -|x - m_c|² up to a term common to all classes.
 * `cosine`: score_c = cos(x, m_c).
 * @see Mensink et al. 2013, eq. 3; the classifier of Prototypical Networks (Snell et al. 2017, eq. 2) on fixed features
 */
export const method: Method<LinearHead, NearestClassMeanOptions> = {
  name: "nearest-class-mean",
  paper: "Mensink et al. 2013, Distance-based image classification. https://doi.org/10.1109/TPAMI.2013.83",
  transductive: false,
  defaults: { metric: "cosine" },
  candidates: [{ metric: "cosine" }],
  complexity: 1,
  onePass: true,
  fit: async (support, { metric }) => {
    checkSupport(support);
    return fit(support, metric);
  },
  predict: predictLinear,
  graph: emitLinear,
};

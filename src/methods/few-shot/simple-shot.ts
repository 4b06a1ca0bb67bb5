import type { Method } from "../method.ts";
import {
  checkSupport,
  classMeans,
  emitLinear,
  meanRow,
  nearestPointHead,
  predictLinear,
  transformed,
  type LinearHead,
} from "./_shared.ts";

/** SimpleShot has nothing to set. */
export type SimpleShotOptions = Readonly<Record<never, never>>;

/**
 * SimpleShot with CL2N: features minus the mean of the support, scaled to length 1; then the nearest class mean.
 *
 * score_c = 2 z·p_c - |p_c|² with z = (x - x̄) / |x - x̄| and p_c the mean of the class's z.
 * Differs from the paper: x̄ is the mean of the support, as there are no base classes. It counts every image alike,
 * whatever the weights of the classes; the class means are blind to them anyway.
 * @see Wang et al. 2019, eq. 3 and section 3.1. https://arxiv.org/abs/1911.04623
 */
export const method: Method<LinearHead, SimpleShotOptions> = {
  name: "simple-shot",
  paper: "Wang et al. 2019, SimpleShot: revisiting nearest-neighbor classification. https://arxiv.org/abs/1911.04623",
  transductive: false,
  defaults: {},
  candidates: [{}],
  complexity: 2,
  onePass: true,
  fit: async (support) => {
    checkSupport(support);
    const centre = meanRow(support.features);
    const points = classMeans(transformed(support.features, centre, true), support.labels, support.ways);
    return nearestPointHead(points, centre, true);
  },
  predict: predictLinear,
  graph: emitLinear,
};

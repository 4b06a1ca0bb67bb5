import type { Method } from "../method.ts";
import { checkSupport, classMeans, emitLinear, nearestPointHead, predictLinear, type LinearHead } from "./_shared.ts";

const NOTHING = new Float32Array(0);

/** Prototypical Networks have nothing to set once their network is trained. */
export type PrototypicalNetworksOptions = Readonly<Record<never, never>>;

/**
 * Prototypical Networks on features: an image belongs to the class whose mean feature is nearest by Euclidean distance.
 * What the network was trained for by episodes; on other features it is nearest class mean with `metric` euclidean.
 *
 * score_c = 2 x·m_c - |m_c|², which is -|x - m_c|² up to a term common to all classes.
 * @see Snell et al. 2017, eq. 1 and 2. https://arxiv.org/abs/1703.05175
 */
export const method: Method<LinearHead, PrototypicalNetworksOptions> = {
  name: "prototypical-networks",
  paper: "Snell et al. 2017, Prototypical networks for few-shot learning. https://arxiv.org/abs/1703.05175",
  transductive: false,
  defaults: {},
  candidates: [],
  complexity: 9,
  onePass: true,
  fit: async (support) => {
    checkSupport(support);
    return nearestPointHead(classMeans(support.features, support.labels, support.ways), NOTHING, false);
  },
  predict: predictLinear,
  graph: emitLinear,
};

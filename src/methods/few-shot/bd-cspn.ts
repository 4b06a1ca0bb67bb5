import type { Method } from "../method.ts";
import { remember, type Remembered } from "./_joint.ts";
import { cosines, rectify } from "./_rectify.ts";
import { refuseGraph, transformed } from "./_shared.ts";

/** BD-CSPN has nothing to set. */
export type BdCspnOptions = Readonly<Record<never, never>>;

const NOTHING = new Float32Array(0);

/**
 * BD-CSPN: queries moved to the support's mean, prototypes rectified by the queries, cosine to the prototype.
 *
 * Transductive. A lone query is moved onto the support's mean, and all lone queries get the same answer.
 * @see `rectify` for the formula and what differs from the paper
 */
export const method: Method<Remembered<BdCspnOptions>, BdCspnOptions> = {
  name: "bd-cspn",
  paper: "Liu et al. 2020, Prototype rectification for few-shot learning. https://arxiv.org/abs/1911.10713",
  transductive: true,
  defaults: {},
  candidates: [],
  complexity: 20,
  onePass: false,
  fit: remember(() => {}),
  predict: async ({ features, labels, ways }, asked, algebra) => {
    const unit = transformed(features, NOTHING, true);
    const both = await rectify({ features: unit, labels, ways }, transformed(asked, NOTHING, true), algebra);
    return cosines(both.queries, both.points, algebra);
  },
  graph: refuseGraph("bd-cspn"),
};

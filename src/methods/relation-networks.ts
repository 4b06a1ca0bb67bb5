import { matrix, rowsBetween, type Matrix } from "../base/matrix.ts";
import { floats } from "../graph/dtype.ts";
import { graft } from "../graph/graft.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { checkSupport, classMeans } from "./few-shot/_shared.ts";
import type { Method } from "./method.ts";

/** The name of the head that a relation module makes. */
export const RELATION_NETWORKS = "relation-networks";

/** Name of the mean features of every class inside a graph. */
export const CLASS_FEATURES = "class_features";

/** Pairs of a query and a class that are compared at once: bounds memory. */
const PAIRS = 2000;

/** Mean features of every class, [ways, dim]. */
export interface RelationState {
  readonly prototypes: Matrix;
}

/**
 * Relation Networks on the features of the network that they were trained with: the relation module, learned over many
 * episodes, says how much a query's features and a class's mean features belong together, 0 .. 1.
 *
 * No member of the shelf, as there is one for each network: the module comes with the backbone. Learning new classes is
 * taking means; nothing is trained. Sees axes and scale: the module knows only the features it was trained on.
 * @param module  inputs features [n, dim] and class features [ways, dim], output [n, ways]
 * @see Sung et al. 2018, eq. 1. https://arxiv.org/abs/1711.06025
 */
export const relationNetworks = (module: Graph): Method<RelationState, Readonly<Record<never, never>>> => ({
  name: RELATION_NETWORKS,
  paper: "Sung et al. 2018, Learning to compare: relation network. https://arxiv.org/abs/1711.06025",
  transductive: false,
  seesAxes: true,
  defaults: {},
  candidates: [{}],
  complexity: 3,
  onePass: true,
  fit: async (support) => {
    checkSupport(support);
    return { prototypes: classMeans(support.features, support.labels, support.ways) };
  },
  predict: async ({ prototypes }, queries) => {
    const scores = matrix(queries.rows, prototypes.rows);
    const [features, classes] = module.inputs.map((v) => v.name);
    const tensor = (m: Matrix) => floats([m.rows, m.columns], m.data);
    const block = Math.max(1, Math.floor(PAIRS / prototypes.rows));
    const session = await openGraph(module, { threads: 1 });
    try {
      for (let from = 0; from < queries.rows; from += block) {
        const part = rowsBetween(queries, from, Math.min(from + block, queries.rows));
        const out = await session.run({ [features!]: tensor(part), [classes!]: tensor(prototypes) });
        scores.data.set(out[module.outputs[0]!.name]!.data as Float32Array, from * prototypes.rows);
      }
      return scores;
    } finally {
      await session.close();
    }
  },
  graph: (g, { prototypes }, embedding): Value => {
    const [features, classes] = module.inputs;
    const constant = floats([prototypes.rows, prototypes.columns], prototypes.data);
    const bind = new Map([
      [features!, embedding],
      [classes!, g.constant(constant, CLASS_FEATURES)],
    ]);
    graft(g, module, bind);
    return bind.get(module.outputs[0]!)!;
  },
});

import { createHash } from "node:crypto";
import { artifactError, HandfulError, optionError } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import { prefix, suffix } from "../graph/cut.ts";
import { sizeOf, ints, type Tensor } from "../graph/dtype.ts";
import { graft } from "../graph/graft.ts";
import { Graph, shapeOf, type Value } from "../graph/graph.ts";
import { createScope, type Scope } from "../nn/layers/scope.ts";
import { exportModel } from "../onnx/export.ts";
import { importModel, type ImportedModel } from "../onnx/import.ts";
import { concat } from "../ops/concat.ts";
import { flatten } from "../ops/flatten.ts";
import { reshape } from "../ops/reshape.ts";
import { shape } from "../ops/shape.ts";
import { slice } from "../ops/slice.ts";
import { ancestorsOf } from "../graph/paths.ts";
import type { Method } from "../methods/method.ts";
import { CLASS_FEATURES as CLASSES, RELATION_NETWORKS, relationNetworks } from "../methods/relation-networks.ts";
import { SCORES } from "../nn/answers.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";
import type { Learner } from "../train/episodic/learner.ts";

const LEARNER = "handful.learner";
const IMAGE = "image";
const FEATURES = "features";
const RELATION = "relation";

export interface LearnedWeights {
  readonly learner: Learner;
  /** By name. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Height and width of its pictures. */
  readonly size: readonly [height: number, width: number];
  /** How the weights came about, for people. */
  readonly made: string;
}

/** A backbone as files: the network, and the JSON that stands beside it. */
export interface BackboneFiles {
  readonly onnx: Uint8Array;
  readonly json: string;
}

/** The learner's scope in which weights are constants. */
const constantScope = (g: Graph, weights: LearnedWeights["weights"]): Scope =>
  createScope(g, {
    phase: "inference",
    random: createRandom("weights"), // first values are thrown away
    stand: ({ name }) => {
      const tensor = weights[name];
      if (!tensor) throw artifactError("E_WEIGHTS", `the weights have no "${name}"`, { hint: "Were they trained so?" });
      return g.constant(tensor, name);
    },
  });

/** Of one picture and one class, with all shapes known: `image` [1, 3, h, w] (and `class_features` [1, dim]). */
const buildOfOne = ({ learner, weights, size }: LearnedWeights): Graph => {
  const g = new Graph(learner.name);
  const image = g.input(IMAGE, "float32", [1, 3, ...size]);
  const scope = constantScope(g, weights);
  const embedded = learner.embed(scope, image);
  const sizes = shapeOf(embedded).slice(1);
  const features = sizes.length === 1 ? embedded : flatten(g, embedded);
  const maps = (value: Value): Value => reshape(g, value, [-1, ...sizes]);
  const classes = learner.relate && g.input(CLASSES, "float32", [1, sizeOf(sizes)]);
  const related = classes && learner.relate!(scope, maps(features), maps(classes));
  g.output(features, FEATURES);
  if (related) g.output(related);
  return g;
};

/** The same of any number of pictures and classes: `features` [n, dim] and `relation` [n, ways]. */
const ofMany = (one: Graph): Graph => {
  const g = new Graph(one.name);
  const bind = new Map<Value, Value>();
  for (const v of one.inputs)
    bind.set(v, g.input(v.name, v.dtype, [v.name === IMAGE ? "n" : "ways", ...shapeOf(v).slice(1)]));
  graft(g, one, bind);
  const [features, related] = one.outputs.map((v) => bind.get(v)!);
  g.output(features!, undefined, ["n", shapeOf(one.outputs[0]!)[1]!]);
  if (related) {
    const rows = slice(g, shape(g, features!), { starts: [0], ends: [1], axes: [0] });
    g.output(reshape(g, related, concat(g, [rows, g.constant(ints([-1]), "rest")], 0)), RELATION, ["n", "ways"]);
  }
  return g;
};

/**
 * A network trained by episodes as a backbone: `image` [n, 3, h, w] on -1 .. 1 to `features` [n, dim]; with a learned
 * comparison also `class_features` [ways, dim], the mean features of each class, to `relation` [n, ways], 0 .. 1.
 *
 * @throws optionError for weights of pictures that have not three channels; artifactError E_WEIGHTS for a missing one
 */
export const learnedBackbone = (learned: LearnedWeights): BackboneFiles => {
  const { learner, weights, size, made } = learned;
  const first = Object.entries(weights).find(([name, { shape }]) => name.startsWith("network/") && shape.length === 4);
  if (first && first[1].shape[1] !== 3)
    throw optionError(`a backbone takes pictures of 3 channels; this network was trained on ${first[1].shape[1]}`);
  const g = ofMany(buildOfOne(learned));
  const onnx = exportModel(g, { metadata: { [LEARNER]: learner.name } });
  const settings = {
    size: size[1],
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    resize: "shorter side to size",
    features: FEATURES,
    provenance: { method: made },
    sha256: createHash("sha256").update(onnx).digest("hex"),
  };
  return { onnx, json: `${JSON.stringify(settings, null, 2)}\n` };
};

/** A backbone's network, and what was learned with it. */
export interface SplitBackbone {
  readonly network: ImportedModel;
  /** Name of the learner it was trained by; null: any other network. */
  readonly learner: string | null;
  /** `features` [n, dim], `class_features` [ways, dim] -> `relation` [n, ways]; null where nothing of the kind was. */
  readonly relation: Graph | null;
}

/** Takes a backbone apart; one that no learner made stays whole. Changes the model's graph. */
export const splitBackbone = (model: ImportedModel): SplitBackbone => {
  const learner = model.metadata[LEARNER] ?? null;
  const [features, relation] = [FEATURES, RELATION].map((name) => model.graph.outputs.find((v) => v.name === name));
  if (learner === null || !features) return { network: model, learner: null, relation: null };
  if (!relation) return { network: model, learner, relation: null };
  model.graph.outputs.splice(0, Infinity, relation);
  const part = suffix(model.graph, features);
  return { network: { ...model, graph: prefix(model.graph, [features]) }, learner, relation: part };
};

/** The comparison inside a model file whose head is one of Relation Networks; null for any other head. */
export const relationOf = (g: Graph): Graph | null => {
  const values = g.nodes.flatMap((node) => [...node.inputs, ...node.outputs]);
  const [classes, scores] = [CLASSES, SCORES].map((name) => values.find((v) => v?.name === name));
  const embedding = g.outputs.find(({ name }) => name === "embedding");
  if (!classes?.constant || !scores || !embedding) return null;
  const module = new Graph("relation");
  const bind = new Map([
    [embedding, module.input(FEATURES, "float32", ["n", classes.constant.shape[1]!])],
    [classes, module.input(CLASSES, "float32", ["ways", classes.constant.shape[1]!])],
  ]);
  const nodes = ancestorsOf(g, [scores], [embedding]);
  graft(
    module,
    g,
    bind,
    g.nodes.filter((node) => nodes.has(node)),
  );
  module.output(bind.get(scores)!, undefined, ["n", "ways"]);
  return module;
};

/** Methods that were learned together with a backbone, and fit no other. */
export const methodsOfBackbone = ({ bytes }: Pick<ResolvedBackbone, "bytes">): Method[] => {
  const { relation } = splitBackbone(importModel(bytes));
  return relation ? [relationNetworks(relation)] : [];
};

/**
 * Refuses the head that is learned with its network for a network that it was not learned with.
 *
 * @throws HandfulError E_HEAD_BACKBONE
 */
export const checkHeadFits = (head: string, backbone: Pick<ResolvedBackbone, "name" | "bytes">): void => {
  if (head !== RELATION_NETWORKS || methodsOfBackbone(backbone).length > 0) return;
  throw new HandfulError(
    "usage",
    "E_HEAD_BACKBONE",
    `${RELATION_NETWORKS}: its comparison is learned together with the network, and backbone ${backbone.name} has none`,
    {
      hint: "Train such a network by episodes (docs/methods.md says how), or take another head: every other one fits any backbone.",
    },
  );
};

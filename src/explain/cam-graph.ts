import { grad } from "../autodiff/grad.ts";
import { artifactError } from "../base/errors.ts";
import { prefix } from "../graph/cut.ts";
import { createCopier } from "../graph/graft.ts";
import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import { ancestorsOf } from "../graph/paths.ts";
import { prune } from "../graph/prune.ts";
import { specialise } from "../graph/specialise.ts";
import { abs } from "../ops/abs.ts";
import { add } from "../ops/add.ts";
import { identity } from "../ops/identity.ts";
import { less } from "../ops/less.ts";
import { reduceMax } from "../ops/reduce-max.ts";
import { relu } from "../ops/relu.ts";
import { reshape } from "../ops/reshape.ts";
import { resize } from "../ops/resize.ts";
import { slice } from "../ops/slice.ts";
import { transpose } from "../ops/transpose.ts";
import { where } from "../ops/where.ts";
import type { Cam } from "./cam.ts";
import { logOdds } from "./class-score.ts";
import { findPlaces, type Place } from "./find-places.ts";

/** A model ready to be traced back: the score of a class, and the places it comes from. */
export interface Traced {
  readonly graph: Graph;
  /** Log-odds of the class given by the input `target` [1, classes], [1]. */
  readonly score: Value;
  readonly places: readonly Place[];
}

/** Larger than any gradient; not smaller than it are infinity and "not a number". */
const HUGE = 1e30;

/**
 * The part of a model between its picture and the log-odds of a class, for one picture.
 *
 * @param model  `pixels` [n, h, w, 3] -> `probabilities` [n, classes] and more
 * @throws artifactError E_EXPLAIN_PLACES when no value of the network is a map or token list
 */
export const traceModel = (model: Graph): Traced => {
  const probabilities = model.outputs.find(({ name }) => name === "probabilities")!;
  const [pixels] = model.inputs;
  const sizes = pixels!.dims!.slice(1) as number[];
  const graph = specialise(prefix(model, [probabilities]), { [pixels!.name]: [1, ...sizes] });
  const last = graph.outputs[0]!;
  const places = last.shape ? findPlaces(graph, last) : [];
  if (places.length === 0)
    throw artifactError(
      "E_EXPLAIN_PLACES",
      "no value of the model is a map [n, c, h, w] or a list of tokens on a grid that it could be traced back to",
      { hint: "Use --method occlusion, which asks the model only for its answers." },
    );
  const target = graph.input("target", "float32", shapeOf(last));
  return { graph, score: logOdds(graph, last, target), places };
};

/**
 * Gradients of the score by each place, counting only what goes to the score without passing another of them: of maps
 * pooled side by side each answers for its own part. Slopes that do not exist (of a root at 0) count as 0.
 */
const placeGradients = ({ graph, score, places }: Traced): Value[] => {
  const values = places.map(({ value }) => value);
  const before = ancestorsOf(graph, values);
  const needed = ancestorsOf(graph, [score], values);
  const after = graph.nodes.filter((node) => needed.has(node) && !before.has(node));
  const made = new Set(after.flatMap(({ outputs }) => outputs));
  const kept = after.flatMap(({ inputs }) => inputs.filter((v): v is Value => v !== null && !made.has(v)));
  const copies = new Map(values.map((value) => [value, identity(graph, value)]));
  const { at, copy } = createCopier(graph, new Map(kept.map((v) => [v, copies.get(v) ?? v])));
  for (const node of after) copy(node);
  const gradients = grad(graph, at(score), [...copies.values()]);
  return gradients.map((d) => where(graph, less(graph, abs(graph, d), HUGE), d, 0));
};

/** Activations or gradients of a place as a map [1, c, h, w]. */
const asMap = (g: Graph, value: Value, { kind, skip, height, width }: Place): Value => {
  if (kind === "map") return value;
  const [, tokens, dim] = shapeOf(value);
  const rest = slice(g, value, { starts: [skip], ends: [tokens!], axes: [1] });
  return reshape(g, transpose(g, rest, [0, 2, 1]), [1, dim!, height, width]);
};

/**
 * A graph `pixels`, `target` -> `map` [height, width]: what in the picture speaks for the class, at the size of the
 * finest place. Changes the traced graph.
 */
export const buildCamGraph = (traced: Traced, cam: Cam): Graph => {
  const { graph: g, places } = traced;
  const height = Math.max(...places.map((place) => place.height));
  const width = Math.max(...places.map((place) => place.width));
  const parts = placeGradients(traced).map((gradient, i) => {
    const place = places[i]!;
    const part = cam(g, asMap(g, place.value, place), asMap(g, gradient, place));
    const isFinest = place.height === height && place.width === width;
    return isFinest ? part : resize(g, part, { sizes: [1, 1, height, width], mode: "linear" });
  });
  const sum = parts.reduce((a, b) => add(g, a, b));
  g.outputs.length = 0;
  g.output(reshape(g, relu(g, sum), [height, width]), "map");
  prune(g);
  return g;
};

/** A graph `pixels`, `target` -> one number a place: the largest slope of the score by a token of the picture. */
export const buildProbe = ({ graph: g, score, places }: Traced): Graph => {
  const gradients = grad(
    g,
    score,
    places.map(({ value }) => value),
  );
  const slopes = gradients.map((d, i) => reduceMax(g, abs(g, asMap(g, d, places[i]!)), { keepdims: 0 }));
  g.outputs.length = 0;
  slopes.forEach((slope, i) => g.output(slope, `slope_${i}`));
  prune(g);
  return g;
};

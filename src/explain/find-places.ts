import type { Graph, Node, Value } from "../graph/graph.ts";
import { narrowPlaces, nodesBetween } from "../graph/paths.ts";

/** A value of the network that still knows where in the picture things are. */
export interface Place {
  /** Map [1, c, height, width], or token list [1, skip + height · width, dim]. */
  readonly value: Value;
  readonly kind: "map" | "tokens";
  readonly height: number;
  readonly width: number;
  /** Leading tokens that stand for no part of the picture, such as the class token. */
  readonly skip: number;
}

/** Operators that make maps. */
const mapMakers = new Set(["Conv", "ConvTranspose", "AveragePool", "MaxPool", "Resize", "DepthToSpace"]);
/** Operators behind which four axes are no longer known to be a map. */
const mapBreakers = new Set(["Transpose", "Reshape", "MatMul", "Gemm", "Flatten", "Squeeze", "Gather", "Unsqueeze"]);
/** Operators that only average or repeat what a map says, so that the map before them says it more finely. */
const blurring = new Set(["AveragePool", "MaxPool", "Identity", "Dropout", "Pow", "Abs"]);
/** Most tokens before those of the picture: a class token and registers. */
const MOST_LEADING = 8;

const isGrid = ({ shape }: Value): boolean => shape?.length === 4 && shape[2]! * shape[3]! > 1;

const mapsAmong = (path: readonly Node[]): Set<Value> => {
  const maps = new Set<Value>();
  for (const { op, inputs, outputs } of path) {
    const keeps = mapMakers.has(op.type) || (!mapBreakers.has(op.type) && inputs.some((v) => v && maps.has(v)));
    if (keeps) outputs.filter(isGrid).forEach((v) => maps.add(v));
  }
  return maps;
};

/** Maps read by nodes from which no way leads back to a map: where the network stops to know places. */
const lastMaps = (path: readonly Node[], maps: ReadonlySet<Value>): Value[] => {
  const returning = new Set<Value>();
  const found: Value[] = [];
  for (const { inputs, outputs } of path.toReversed()) {
    if (outputs.some((v) => maps.has(v) || returning.has(v))) inputs.forEach((v) => v && returning.add(v));
    else found.push(...inputs.filter((v): v is Value => v !== null && maps.has(v)));
  }
  return [...new Set(found.reverse().map((v) => sharper(v, maps)))];
};

const sharper = (value: Value, maps: ReadonlySet<Value>): Value => {
  const { op, inputs } = value.producer!;
  const [x] = inputs;
  const isSquare = op.type === "Mul" && inputs[0] === inputs[1];
  return x && maps.has(x) && (blurring.has(op.type) || isSquare) ? sharper(x, maps) : value;
};

const mapPlace = (value: Value): Place => {
  const [, , height, width] = value.shape!;
  return { value, kind: "map", height: height!, width: width!, skip: 0 };
};

/** A token list as a grid: that of the map it was cut from, else a square; null where it is none. */
const tokenPlace = (value: Value, from: Value | null, hasAttention: boolean): Place | null => {
  if (value.shape?.length !== 3) return null;
  const tokens = value.shape[1]!;
  const [height, width] = from ? from.shape!.slice(2) : [];
  if (height && width && tokens >= height * width && tokens - height * width <= MOST_LEADING)
    return { value, kind: "tokens", height, width, skip: tokens - height * width };
  const side = Math.floor(Math.sqrt(tokens));
  const skip = tokens - side * side;
  if (!hasAttention || side < 2 || skip > 1) return null;
  return { value, kind: "tokens", height: side, width: side, skip };
};

/**
 * Where a score can be traced back to: the last maps of a convolutional network before pooling (several, where several
 * are pooled side by side), or the token lists of a transformer, last first.
 *
 * A token list is a value [1, tokens, dim] through which everything flows. Its grid is that of the map it was cut from,
 * or, where there is none, a square, with or without one class token. After the last attention only the class token
 * counts, so the caller takes the first list of which other tokens move the score.
 *
 * @param g  of batch 1, with shapes known (`specialise`)
 * @returns empty where the network has neither, or its shapes are not known
 */
export const findPlaces = (g: Graph, score: Value): readonly Place[] => {
  const path = nodesBetween(g, g.inputs, [score]);
  const maps = lastMaps(path, mapsAmong(path));
  const from = maps.length > 0 ? maps : g.inputs;
  const cutFrom = maps.length === 1 ? maps[0]! : null;
  const hasAttention = nodesBetween(g, from, [score]).some(({ op }) => op.type === "Softmax");
  const tokens = narrowPlaces(g, from, score).flatMap((v) => tokenPlace(v, cutFrom, hasAttention) ?? []);
  return tokens.length > 0 ? tokens.reverse() : maps.map(mapPlace);
};

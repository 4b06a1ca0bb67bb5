import { argmax, release, rowOf, takeRows } from "../base/matrix.ts";
import { shuffled, type Random } from "../base/random.ts";
import type { Algebra } from "../methods/algebra.ts";
import { hasManyScores } from "../methods/many-classes.ts";
import type { Support } from "../methods/method.ts";
import { fitAll, type Candidate } from "./cross-validate.ts";
import type { Estimate, LearningCurve, LearningPoint } from "./evidence.ts";
import { effectiveImages, wilson } from "./intervals.ts";
import { rowsWithMade } from "./made.ts";

/** Shares of the images that are trained on. */
const SHARES = [0.1, 0.15, 0.25, 0.4, 0.6];
/** Least images a class, on average, that a point may stand on. */
const LEAST_SHOTS = 1.5;
const FACTORS = [2, 5];
const DRAWS = 200;

/** A measured error with its standard error. */
export interface ErrorPoint {
  readonly images: number;
  readonly error: number;
  readonly standardError: number;
}

/** error(n) = floor + gain n^-decay */
export interface PowerLaw {
  readonly floor: number;
  readonly gain: number;
  readonly decay: number;
}

/** Least weighted squares for floor and gain (both >= 0) at a given decay. */
const fitLinear = (points: readonly ErrorPoint[], decay: number): PowerLaw & { readonly cost: number } => {
  const rows = points.map((p) => ({ x: p.images ** -decay, y: p.error, w: 1 / (p.standardError ** 2 + 1e-8) }));
  const total = (f: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + row.w * f(row), 0);
  const [w, wx, wy, wxx, wxy] = [
    total(() => 1),
    total((r) => r.x),
    total((r) => r.y),
    total((r) => r.x * r.x),
    total((r) => r.x * r.y),
  ];
  const determinant = w * wxx - wx * wx;
  let gain = determinant > 0 ? (w * wxy - wx * wy) / determinant : 0;
  let floor = (wy - gain * wx) / w;
  if (floor < 0) [floor, gain] = [0, wxy / wxx];
  if (gain < 0) [floor, gain] = [wy / w, 0];
  return { floor, gain, decay, cost: total((r) => (r.y - floor - gain * r.x) ** 2) };
};

/**
 * Fits the inverse power law by weighted least squares over decays from 0.2 to 1.5.
 *
 * @see Figueroa et al. 2012, Predicting sample size required for classification performance. https://doi.org/10.1186/1472-6947-12-8
 */
export const fitPowerLaw = (points: readonly ErrorPoint[]): PowerLaw => {
  let best = fitLinear(points, 0.2);
  for (let decay = 0.3; decay < 1.55; decay += 0.1) {
    const law = fitLinear(points, decay);
    if (law.cost < best.cost) best = law;
  }
  return best;
};

const errorAt = ({ floor, gain, decay }: PowerLaw, images: number): number =>
  Math.min(1, floor + gain * images ** -decay);

/**
 * Expected accuracy at a number of images with a 95 % interval, by redrawing the measured points within their errors.
 *
 * All points are measured on the same images, so half of their error is drawn once for all of them.
 */
export const forecast = (points: readonly ErrorPoint[], images: number, random: Random): Estimate => {
  const value = 1 - errorAt(fitPowerLaw(points), images);
  const draws = Array.from({ length: DRAWS }, () => {
    const common = random.normal();
    const redrawn = points.map((p) => {
      const error = p.error + p.standardError * (common + random.normal()) * Math.SQRT1_2;
      return { ...p, error: Math.min(1, Math.max(0, error)) };
    });
    return 1 - errorAt(fitPowerLaw(redrawn), images);
  }).sort((a, b) => a - b);
  const [low, high] = [draws[Math.floor(DRAWS * 0.025)]!, draws[Math.ceil(DRAWS * 0.975) - 1]!];
  return { value, interval: { low: Math.min(low, value), high: Math.max(high, value) } };
};

/** A random part of the images, whole groups, every class in it; rows ascending. */
const drawPart = (
  { labels, ways }: Pick<Support, "labels" | "ways">,
  groups: Int32Array,
  share: number,
  random: Random,
): Int32Array => {
  const taken = new Set<number>();
  const order = shuffled(Array.from(labels.keys()), random);
  const totals = new Float64Array(ways);
  for (const label of labels) totals[label]! += 1;
  const have = new Float64Array(ways);
  for (const i of order) {
    if (taken.has(groups[i]!) || have[labels[i]!]! >= Math.max(1, Math.round(share * totals[labels[i]!]!))) continue;
    taken.add(groups[i]!);
    groups.forEach((group, k) => group === groups[i] && (have[labels[k]!]! += 1));
  }
  return Int32Array.from(Array.from(labels.keys()).filter((i) => taken.has(groups[i]!)));
};

/** Accuracy of the head learned from parts of the images and the rows made from them, on the images left over. */
const measure = async (
  { candidate, support, source, groups }: LearningCurveInput,
  parts: readonly Int32Array[],
  algebra: Algebra,
): Promise<number[]> => {
  const out: number[] = [];
  const all = Array.from(groups.keys());
  const learned = parts.map((rows) => rowsWithMade(rows, source ?? [], all.length));
  for await (const { index, state } of fitAll(candidate, support, learned, algebra)) {
    const inside = new Set(parts[index]);
    const asked = all.filter((i) => !inside.has(i));
    const queries = takeRows(support.features, asked);
    const scores = await candidate.method.predict(state, queries, algebra);
    release(queries);
    const right = asked.filter((row, i) => argmax(rowOf(scores, i)) === support.labels[row]).length;
    out[index] = right / asked.length;
  }
  return out;
};

const pointOf = (images: number, ways: number, accuracy: Estimate): LearningPoint => ({
  images,
  imagesPerClass: images / ways,
  accuracy,
});

const errorPoint = ({ images, accuracy }: LearningPoint): ErrorPoint => ({
  images,
  error: 1 - accuracy.value,
  standardError: (accuracy.interval!.high - accuracy.interval!.low) / (2 * 1.96),
});

const summary = (points: readonly LearningPoint[], forecasts: LearningCurve["forecast"]): string => {
  const percent = (p: number): string => `${(100 * p).toFixed(1)} %`;
  if (forecasts.length === 0)
    return points.length < 3
      ? "Too few images to draw a learning curve."
      : "Accuracy does not grow steadily with the number of images here, so no forecast is made.";
  return forecasts
    .map(
      ({ factor, accuracy: { value, interval } }) =>
        `with ${factor} times the images ${percent(value)} (${percent(interval!.low)} to ${percent(interval!.high)})`,
    )
    .join(", ")
    .replace(/^./, (c) => c.toUpperCase())
    .concat(" is expected, if they are of the same kind.");
};

const NOT_MEASURED: LearningCurve = {
  measured: [],
  forecast: [],
  text: "Not measured for so many images of so many classes: all that are left over would be scored by every class.",
};

export interface LearningCurveInput {
  /** The images, then the rows made from them. */
  readonly support: Support;
  /** The image that each made row comes from; none are made when absent. */
  readonly source?: Int32Array;
  /** Of the images. */
  readonly groups: Int32Array;
  readonly candidate: Candidate;
  /** The cross-validated accuracy, and on how many images its models were trained. */
  readonly estimate: { readonly accuracy: Estimate; readonly images: number };
  readonly random: Random;
}

/**
 * How accuracy grows with the number of images: measured on random parts, extended to 2 and 5 times the images by an
 * inverse power law. No forecast where fewer than three points can be measured or the error does not fall; nothing at
 * all where images and classes are very many.
 */
export const learningCurve = async (input: LearningCurveInput, algebra: Algebra): Promise<LearningCurve> => {
  const { support, groups, estimate, random } = input;
  const n = groups.length;
  const images = { ways: support.ways, labels: support.labels.subarray(0, n) };
  const { ways, labels } = images;
  if (hasManyScores(n, ways)) return NOT_MEASURED;
  const repeats = n * ways <= 2000 ? 6 : 2;
  const shares = SHARES.filter((share) => (share * n) / ways >= LEAST_SHOTS);
  const parts = shares.flatMap((share) =>
    Array.from({ length: repeats }, (_, r) => drawPart(images, groups, share, random.fork(`part ${share} ${r}`))),
  );
  const usable = parts.filter((rows) => rows.length < n && new Set(Array.from(rows, (i) => labels[i]!)).size === ways);
  const accuracies = usable.length === parts.length && parts.length > 0 ? await measure(input, parts, algebra) : [];
  const worth = effectiveImages(groups) / n;
  const measured =
    accuracies.length === 0
      ? []
      : shares.map((_, s) => {
          const own = accuracies.slice(s * repeats, (s + 1) * repeats);
          const value = own.reduce((sum, a) => sum + a, 0) / repeats;
          const sizes =
            parts.slice(s * repeats, (s + 1) * repeats).reduce((sum, rows) => sum + rows.length, 0) / repeats;
          const asked = (n - sizes) * worth;
          return pointOf(sizes, ways, { value, interval: wilson(value * asked, asked) });
        });
  const points = [...measured, pointOf(estimate.images, ways, estimate.accuracy)];
  const errors = points.map(errorPoint);
  const law = points.length >= 3 ? fitPowerLaw(errors) : null;
  const falls = law !== null && law.gain * points[0]!.images ** -law.decay > 0 && law.gain > 0;
  const forecasts = falls
    ? FACTORS.map((factor) => ({
        ...pointOf(factor * n, ways, forecast(errors, factor * n, random.fork(`forecast ${factor}`))),
        factor,
      }))
    : [];
  return { measured: points, forecast: forecasts, text: summary(points, forecasts) };
};

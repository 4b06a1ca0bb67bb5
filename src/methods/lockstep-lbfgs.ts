import { matrix, type Matrix } from "../base/matrix.ts";

/** Many minimisations of one kind, their variables side by side: problem j owns the j-th share of the columns. */
export interface Problems {
  /** Where all begin, [rows, problems x width]. */
  readonly start: Matrix;
  readonly problems: number;
  /** Value of every problem, and the gradients side by side. */
  objective(at: Matrix): Promise<{ readonly values: Float64Array; readonly gradient: Matrix }>;
  /** A fixed guess of the inverse Hessian, applied to all problems' columns. */
  precondition(gradient: Matrix): Promise<Matrix>;
}

/** Pairs of past steps and gradient changes that are kept (Liu & Nocedal 1989 advise 3 to 7). */
const MEMORY = 6;
const MAX_STEPS = 150;
/** Relative to the first gradient, in the norm of the guess. */
const TOLERANCE = 1e-3;
/** Share of the promised decrease that a step must bring (Armijo). */
const SUFFICIENT = 1e-4;
const MAX_HALVINGS = 12;

/** Inner products problem by problem. */
const dots = (a: Matrix, b: Matrix, problems: number): Float64Array => {
  const out = new Float64Array(problems);
  const width = a.columns / problems;
  for (let i = 0, at = 0; i < a.rows; i++)
    for (let j = 0; j < problems; j++) {
      let sum = 0;
      for (let c = 0; c < width; c++, at++) sum += a.data[at]! * b.data[at]!;
      out[j]! += sum;
    }
  return out;
};

/** a + b x factor of the problem, as a new matrix or in place. */
const plus = (a: Matrix, b: Matrix, factors: Float64Array, out: Matrix = matrix(a.rows, a.columns)): Matrix => {
  const width = a.columns / factors.length;
  for (let i = 0, at = 0; i < a.rows; i++)
    for (let j = 0; j < factors.length; j++) {
      const factor = factors[j]!;
      for (let c = 0; c < width; c++, at++) out.data[at] = a.data[at]! + factor * b.data[at]!;
    }
  return out;
};

interface Pair {
  readonly step: Matrix;
  readonly change: Matrix;
  /** 1 / (stepᵀ change), 0 where a problem has nothing to remember. */
  readonly rho: Float64Array;
}

/** The two loops: gradient -> inverse Hessian times gradient. */
const twoLoops = async (
  gradient: Matrix,
  pairs: readonly Pair[],
  { problems, precondition }: Problems,
): Promise<Matrix> => {
  const q = matrix(gradient.rows, gradient.columns, gradient.data.slice());
  const alphas: Float64Array[] = [];
  for (const { step, change, rho } of [...pairs].reverse()) {
    const alpha = dots(step, q, problems).map((d, j) => d * rho[j]!);
    alphas.unshift(alpha);
    plus(
      q,
      change,
      alpha.map((a) => -a),
      q,
    );
  }
  const direction = await precondition(q);
  pairs.forEach(({ step, change, rho }, p) => {
    const beta = dots(change, direction, problems);
    plus(
      direction,
      step,
      alphas[p]!.map((a, j) => a - beta[j]! * rho[j]!),
      direction,
    );
  });
  return direction;
};

/**
 * Minimises all problems together by limited-memory BFGS, each with its own step length (halved until it brings enough).
 *
 * Problems that are done, or cannot go down any more in single precision, stand still while the others go on.
 * @see Liu & Nocedal 1989, On the limited memory BFGS method for large scale optimization
 */
export const minimise = async (problems: Problems): Promise<Matrix> => {
  const count = problems.problems;
  let at = problems.start;
  let { values, gradient } = await problems.objective(at);
  const pairs: Pair[] = [];
  const active = new Uint8Array(count).fill(1);
  let first: Float64Array | null = null;
  for (let iteration = 0; iteration < MAX_STEPS; iteration++) {
    const direction = await twoLoops(gradient, pairs, problems);
    const slopes = dots(gradient, direction, count);
    first ??= slopes;
    slopes.forEach((slope, j) => {
      if (slope <= first![j]! * TOLERANCE ** 2) active[j] = 0;
    });
    if (!active.includes(1)) break;
    const lengths = Float64Array.from(active);
    const settled = Uint8Array.from(active, (a) => 1 - a);
    let next = at;
    let there = { values, gradient };
    for (let halving = 0; ; halving++) {
      next = plus(
        at,
        direction,
        lengths.map((l) => -l),
      );
      there = await problems.objective(next);
      for (let j = 0; j < count; j++)
        if (there.values[j]! <= values[j]! - SUFFICIENT * lengths[j]! * slopes[j]!) settled[j] = 1;
      if (!settled.includes(0) || halving === MAX_HALVINGS) break;
      for (let j = 0; j < count; j++) if (settled[j] === 0) lengths[j]! /= 2;
    }
    if (settled.includes(0)) {
      settled.forEach((s, j) => s === 0 && (active[j] = 0));
      next = plus(
        at,
        direction,
        lengths.map((l, j) => (settled[j] === 1 ? -l : 0)),
      );
      there = await problems.objective(next);
    }
    const ones = new Float64Array(count).fill(-1);
    const step = plus(next, at, ones);
    const change = plus(there.gradient, gradient, ones);
    const curvature = dots(step, change, count);
    pairs.push({ step, change, rho: curvature.map((c) => (c > 1e-20 ? 1 / c : 0)) });
    if (pairs.length > MEMORY) pairs.shift();
    at = next;
    ({ values, gradient } = there);
  }
  return at;
};

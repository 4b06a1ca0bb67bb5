/** An interval of values that 8 bits are to stand for; it holds 0. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Values as unsigned bytes: x ~ (q - zero) scale, q in 0 .. 255. */
export interface Affine {
  /** > 0, a float32 number. */
  readonly scale: number;
  /** 0 .. 255: the byte that stands for exactly 0, as padding and rectified values need. */
  readonly zero: number;
}

const LEVELS = 255;
/** Smallest scale: values that are always 0 need some. */
const LEAST_SCALE = 1e-12;

/**
 * The bytes for a range: the zero point is rounded to a byte, and the scale made so much larger that both ends of the
 * range still lie within.
 *
 * @see Jacob et al. 2018, section 2.1 and eq. 13, where the ends move instead. https://arxiv.org/abs/1712.05877
 */
export const affineOf = ({ low, high }: Range): Affine => {
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  if (to - from < LEAST_SCALE) return { scale: Math.fround(LEAST_SCALE), zero: 0 };
  const zero = from < 0 ? Math.round((-from / (to - from)) * LEVELS) : 0;
  const scale = Math.max(zero > 0 ? -from / zero : 0, zero < LEVELS ? to / (LEVELS - zero) : 0);
  return { scale: Math.fround(scale), zero };
};

/** Halves to even, as ONNX rounds. */
export const roundEven = (x: number): number => {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
};

/** The byte that stands for x. */
export const quantise = (x: number, { scale, zero }: Affine): number =>
  Math.min(LEVELS, Math.max(0, roundEven(x / scale) + zero));

/** The value that a byte stands for. */
export const dequantise = (q: number, { scale, zero }: Affine): number => (q - zero) * scale;

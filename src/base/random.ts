import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** A seeded stream of random numbers; the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform whole number in [0, below). */
  integer(below: number): number;
  /** Normal with mean 0 and variance 1 (Box-Muller). */
  normal(): number;
  /** An independent stream named by `key`, not touched by how far this one has been drawn. */
  fork(key: string | number): Random;
}

/**
 * 32-bit hash of a string, turns names into seeds: FNV-1a, then MurmurHash3's finaliser, without which keys that
 * differ in their last letter ("fold/1", "fold/2") would begin with nearly the same numbers.
 */
const hash32 = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/** A stream seeded by a whole number or a string. */
export const createRandom = (seed: number | string): Random => {
  const generator: RandomGenerator = xoroshiro128plus(hash32(`handful:${seed}`));
  const uniform = (): number => {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  };
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    fork: (key) => createRandom(`${seed}/${key}`),
  };
};

/** A shuffled copy (Fisher-Yates). */
export const shuffled = <T>(items: readonly T[], random: Random): T[] => {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
};

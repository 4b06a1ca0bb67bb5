/** Counts failed attempts by where they come from, so that guessing becomes slow. */
export interface Failures {
  /** Whether one more attempt is allowed. */
  mayTry(from: string): boolean;
  failed(from: string): void;
}

/** Addresses remembered at most: beyond it the oldest is forgotten. */
const REMEMBERED = 10_000;

/**
 * A bucket an address: holds `burst` attempts and is refilled by one every `refillMs`.
 *
 * @param now  a clock in milliseconds that never jumps
 */
export const createFailures = (
  now: () => number,
  { burst, refillMs }: { readonly burst: number; readonly refillMs: number },
): Failures => {
  const buckets = new Map<string, { left: number; since: number }>();
  const leftFor = (from: string): number => {
    const bucket = buckets.get(from);
    return bucket ? Math.min(burst, bucket.left + (now() - bucket.since) / refillMs) : burst;
  };
  return {
    mayTry: (from) => leftFor(from) >= 1,
    failed: (from) => {
      const left = Math.max(0, leftFor(from) - 1);
      buckets.delete(from);
      buckets.set(from, { left, since: now() });
      if (buckets.size > REMEMBERED) buckets.delete(buckets.keys().next().value!);
    },
  };
};

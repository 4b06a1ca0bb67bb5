import { prefix } from "../graph/cut.ts";
import { floats, sizeOf, type Tensor } from "../graph/dtype.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { openGraph, type GraphSessionOptions } from "../runtime/graph-session.ts";

/** The pictures a network is tuned on. */
export interface Photos {
  readonly count: number;
  /** For errors. */
  readonly name: (index: number) => string;
  /**
   * Pixels as the network takes them, uint8 RGB [h, w, 3].
   * @param view  0: the picture itself; 1 and up: augmented versions, always the same for the same number; below 0:
   *   strongly augmented ones, where there are any
   */
  readonly pixels: (index: number, view: number) => Promise<Uint8Array>;
}

/** What goes into the trained part of a network, picture by picture. */
export interface Source {
  /** Rows [batch, …] of the given pictures and views. */
  rows(indices: readonly number[], views: readonly number[]): Promise<Tensor>;
  close(): Promise<void>;
}

/** The pictures themselves, for networks trained from the first layer on. */
export const pixelSource = (photos: Photos, [, ...shape]: readonly number[]): Source => ({
  rows: async (indices, views) => {
    const size = sizeOf(shape);
    const data = new Uint8Array(indices.length * size);
    const all = await Promise.all(indices.map((index, i) => photos.pixels(index, views[i]!)));
    all.forEach((pixels, i) => data.set(pixels, i * size));
    return { dtype: "uint8", shape: [indices.length, ...shape], data };
  },
  close: async () => {},
});

export interface ActivationOptions extends GraphSessionOptions {
  /** Shape of `end` for one picture. */
  readonly shape: readonly number[];
  /** Pictures a run takes. */
  readonly batch: number;
  /** Pictures in all. */
  readonly count: number;
  /** Bytes of activations kept, at most; beyond that they are computed anew each time. */
  readonly cacheBytes: number;
}

type Place = readonly [index: number, view: number];

/** What the frozen part of a network gives at `end`, computed once for each picture and view. */
export const activationSource = async (
  g: Graph,
  end: Value,
  { pixels, options }: { readonly pixels: Source; readonly options: ActivationOptions },
): Promise<Source> => {
  const { batch, count, cacheBytes, shape, ...session } = options;
  const frozen = await openGraph(prefix(g, [end]), session);
  const size = sizeOf(shape);
  const kept = new Map<string, Float32Array>();
  const room = Math.floor(cacheBytes / (4 * size));
  const compute = async (part: readonly Place[]): Promise<Float32Array[]> => {
    const fill = Array.from({ length: batch }, (_, i) => part[Math.min(i, part.length - 1)]!);
    const feed = await pixels.rows(
      fill.map(([index]) => index),
      fill.map(([, view]) => view),
    );
    const out = (await frozen.run({ [g.inputs[0]!.name]: feed }))[end.name]!.data as Float32Array;
    return part.map((_, i) => out.slice(i * size, (i + 1) * size));
  };
  /** Neighbours computed together: always the same ones, so that resumed trainings see the same bits. */
  const chunkOf = (index: number, view: number): Place[] => {
    const from = index - (index % batch);
    return Array.from({ length: Math.min(batch, count - from) }, (_, i) => [from + i, view]);
  };
  return {
    rows: async (indices, views) => {
      const keys = indices.map((index, i) => `${index}/${views[i]!}`);
      const fresh = new Map<string, Float32Array>();
      const missing = [...new Set(keys)].filter((key) => !kept.has(key));
      while (missing.length > 0) {
        const at = keys.indexOf(missing[0]!);
        const part =
          kept.size + fresh.size + batch <= room
            ? chunkOf(indices[at]!, views[at]!)
            : missing
                .slice(0, batch)
                .map((key) => keys.indexOf(key))
                .map((i) => [indices[i]!, views[i]!] as const);
        const rows = await compute(part);
        part.forEach(([index, view], j) => {
          const key = `${index}/${view}`;
          fresh.set(key, rows[j]!);
          const waiting = missing.indexOf(key);
          if (waiting >= 0) missing.splice(waiting, 1);
        });
      }
      for (const [key, row] of fresh) if (kept.size < room) kept.set(key, row);
      const data = new Float32Array(indices.length * size);
      keys.forEach((key, i) => data.set(kept.get(key) ?? fresh.get(key)!, i * size));
      return floats([indices.length, ...shape.slice(1)], data);
    },
    close: () => frozen.close(),
  };
};

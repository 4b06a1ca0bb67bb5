import { prefix, valueNamed } from "../../graph/cut.ts";
import type { Tensor } from "../../graph/dtype.ts";
import type { Graph } from "../../graph/graph.ts";
import { openGraph, type GraphSessionOptions } from "../../runtime/graph-session.ts";
import { countValues, emptyHistogram, type Histogram } from "./histogram.ts";

/** Pictures or volumes of one size as the model takes them. */
export interface Pictures {
  /** Of one: [height, width, 3], or [depth, height, width, 1]. */
  readonly shape: readonly number[];
  /** uint8 of that shape each; at least one. */
  readonly pixels: readonly Uint8Array[];
}

/** What was seen of a value while the pictures passed. */
export interface Observation {
  readonly histogram: Histogram;
  /** Mean by channel (axis 1), [channels]. */
  readonly means: Float64Array;
  /** Largest by channel, [channels]. */
  readonly peaks: Float64Array;
}

/** Runs a graph on pictures one by one, as models of a fixed batch of one want it. */
export const runPictures = async (
  g: Graph,
  { shape, pixels }: Pictures,
  each: (outputs: Readonly<Record<string, Tensor>>) => void,
  options: GraphSessionOptions = {},
): Promise<void> => {
  const session = await openGraph(g, options);
  try {
    for (const data of pixels) each(await session.run({ pixels: { dtype: "uint8", shape: [1, ...shape], data } }));
  } finally {
    await session.close();
  }
};

type Channels = Pick<Observation, "means" | "peaks">;

const widen = (range: { low: number; high: number }, values: Float32Array): void => {
  let { low, high } = range;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    else if (x > high) high = x;
  }
  range.low = low;
  range.high = high;
};

const addChannels = ({ means, peaks }: Channels, data: Float32Array, pictures: number): void => {
  const size = data.length / means.length;
  for (let c = 0; c < means.length; c++) {
    let [sum, peak] = [0, peaks[c]!];
    for (let i = c * size; i < (c + 1) * size; i++) {
      const x = data[i]!;
      sum += x;
      if (x > peak) peak = x;
    }
    means[c]! += sum / (size * pictures);
    peaks[c] = peak;
  }
};

/**
 * Watches values of a graph while pictures pass: once for their ends, once more for how often what occurs between.
 *
 * @param names  float32 values of two axes or more
 */
export const observe = async (
  g: Graph,
  names: readonly string[],
  pictures: Pictures,
  options: GraphSessionOptions = {},
): Promise<Map<string, Observation>> => {
  const part = prefix(
    g,
    names.map((name) => valueNamed(g, name)),
  );
  const ranges = new Map(names.map((name) => [name, { low: 0, high: 0 }]));
  const channels = new Map<string, Channels>();
  const first = (outputs: Readonly<Record<string, Tensor>>): void => {
    for (const name of names) {
      const tensor = outputs[name]!;
      const count = tensor.shape[1]!;
      if (!channels.has(name))
        channels.set(name, { means: new Float64Array(count), peaks: new Float64Array(count).fill(-Infinity) });
      const data = tensor.data as Float32Array;
      widen(ranges.get(name)!, data);
      addChannels(channels.get(name)!, data, pictures.pixels.length);
    }
  };
  await runPictures(part, pictures, first, options);
  const histograms = new Map(names.map((name) => [name, emptyHistogram(ranges.get(name)!)]));
  const second = (outputs: Readonly<Record<string, Tensor>>): void => {
    for (const name of names) countValues(histograms.get(name)!, outputs[name]!.data as Float32Array);
  };
  await runPictures(part, pictures, second, options);
  return new Map(names.map((name) => [name, { histogram: histograms.get(name)!, ...channels.get(name)! }]));
};

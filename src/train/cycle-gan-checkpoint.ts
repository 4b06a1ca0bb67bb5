import type { Tensor } from "../graph/dtype.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { CycleGanLosses, CycleGanProgress } from "./train-cycle-gan.ts";

type Tensors = Readonly<Record<string, Tensor>>;

const prefixed = (prefix: string, tensors: Tensors): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

const under = (prefix: string, tensors: Tensors): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, t]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), t]] : [])),
  );

const GENERATORS = "generators:";
const DISCRIMINATORS = "discriminators:";
const POOLS = { a: "pool/a:", b: "pool/b:" } as const;

/** Progress as bytes; `key` says what it belongs to: photos and settings. */
export const encodeCycleGan = (progress: CycleGanProgress, key: string): Uint8Array => {
  const { generators, discriminators, pools, history, losses } = progress;
  return encodeCheckpoint({
    tensors: {
      ...prefixed(GENERATORS, generators.tensors),
      ...prefixed(DISCRIMINATORS, discriminators.tensors),
      ...prefixed(POOLS.a, Object.fromEntries(pools.a.entries())),
      ...prefixed(POOLS.b, Object.fromEntries(pools.b.entries())),
    },
    metadata: {
      key,
      steps: String(generators.steps),
      history: JSON.stringify(history),
      losses: JSON.stringify(losses),
    },
  });
};

/**
 * What `encodeCycleGan` wrote.
 *
 * @throws artifactError E_CHECKPOINT when the bytes are damaged
 */
export const decodeCycleGan = (bytes: Uint8Array): { readonly key: string; readonly progress: CycleGanProgress } => {
  const { tensors, metadata } = decodeCheckpoint(bytes);
  const steps = Number(metadata.steps);
  return {
    key: metadata.key ?? "",
    progress: {
      generators: { steps, tensors: under(GENERATORS, tensors) },
      discriminators: { steps, tensors: under(DISCRIMINATORS, tensors) },
      // keys that are whole numbers come in their order
      pools: { a: Object.values(under(POOLS.a, tensors)), b: Object.values(under(POOLS.b, tensors)) },
      history: JSON.parse(metadata.history ?? "[]") as CycleGanLosses[],
      losses: JSON.parse(metadata.losses ?? "[]") as CycleGanLosses[],
    },
  };
};

import * as ort from "onnxruntime-node";
import { HandfulError, messageOf } from "../base/errors.ts";
import type { DType, Tensor } from "../graph/dtype.ts";

export interface SessionOptions {
  /** Threads inside one operator; the runtime's own choice (one a core) when absent. */
  readonly threads?: number;
  /** false: waiting threads sleep instead of turning in a loop; right where other work shares the cores. */
  readonly spin?: boolean;
  /** false: memory goes back to the system after every run; right where the sizes of runs differ widely. */
  readonly arena?: boolean;
  /** Prefix of a profile file in JSON that names each operator's time. */
  readonly profile?: string;
}

/** A graph loaded into ONNX Runtime. Must be closed. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph. `feeds` by input name; gives the outputs asked for, by name (all when absent). */
  run(feeds: Readonly<Record<string, Tensor>>, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/** A session in this thread. */
export interface NativeSession extends Session {
  /** Runs the graph and writes the results into tensors of the caller, by output name: nothing is allocated. */
  runInto(feeds: Readonly<Record<string, Tensor>>, results: Readonly<Record<string, Tensor>>): Promise<void>;
}

const runtimeError = (code: string, what: string, thrown: unknown): HandfulError =>
  new HandfulError("damaged", code, `${what}: ${firstLine(messageOf(thrown))}`, { cause: thrown });

/** The runtime's own message without the build paths of its source files. */
const firstLine = (message: string): string =>
  (message.split("\n")[0] ?? "").replace(/\/\S*\/(onnxruntime\/\S+)/g, "$1").slice(0, 400);

const toOrt = ({ dtype, shape, data }: Tensor): ort.Tensor => {
  if (dtype === "string") return new ort.Tensor("string", [...(data as readonly string[])], shape);
  return new ort.Tensor(dtype as "float32", data as Float32Array, shape); // the pairs agree; the overloads want one spelt out
};

const allToOrt = (tensors: Readonly<Record<string, Tensor>>): Record<string, ort.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toOrt(tensor)]));

const fromOrt = (tensor: ort.Tensor): Tensor => ({
  dtype: tensor.type as DType,
  shape: tensor.dims,
  data: tensor.data as Tensor["data"],
});

/**
 * Loads model bytes into the native ONNX Runtime on the CPU.
 *
 * The same bytes, feeds and number of threads give the same outputs, bit for bit.
 * @throws HandfulError E_MODEL_LOAD when the runtime refuses the model; E_MODEL_RUN when a run fails
 */
export const openSession = async (model: Uint8Array, options: SessionOptions = {}): Promise<NativeSession> => {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
      ...(options.spin === false && { extra: { session: { intra_op: { allow_spinning: "0" } } } }),
      ...(options.arena === false && { enableCpuMemArena: false }),
      ...(options.profile !== undefined && { enableProfiling: true, profileFilePrefix: options.profile }),
    });
  } catch (thrown) {
    throw runtimeError("E_MODEL_LOAD", "ONNX Runtime refuses the model", thrown);
  }
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: async (feeds, outputs) => {
      const tensors = allToOrt(feeds);
      try {
        const results = outputs ? await session.run(tensors, [...outputs]) : await session.run(tensors);
        return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
      } catch (thrown) {
        throw runtimeError("E_MODEL_RUN", "ONNX Runtime fails to run the model", thrown);
      }
    },
    runInto: async (feeds, results) => {
      try {
        await session.run(allToOrt(feeds), allToOrt(results));
      } catch (thrown) {
        throw runtimeError("E_MODEL_RUN", "ONNX Runtime fails to run the model", thrown);
      }
    },
    close: async () => {
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
};

/** The version of ONNX Runtime underneath. */
export const runtimeVersion = (): string => ort.env.versions.node ?? ort.env.versions.common;

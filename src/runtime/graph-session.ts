import { foldConstants } from "../graph/fold.ts";
import type { Graph } from "../graph/graph.ts";
import { exportModel, type ExportOptions } from "../onnx/export.ts";
import { openSession, type NativeSession, type SessionOptions } from "./node.ts";

export interface GraphSessionOptions extends SessionOptions {
  /** Versions of foreign operator domains, as they were imported. */
  readonly domains?: NonNullable<ExportOptions["domains"]>;
}

/** Loads a graph into ONNX Runtime. */
export const openGraph = (g: Graph, { domains = {}, ...options }: GraphSessionOptions = {}): Promise<NativeSession> =>
  openSession(exportModel(g, { domains }), options);

/** A copy of the graph in which everything that hangs on constants alone has been computed by ONNX Runtime. */
export const foldGraph = (g: Graph, options: Pick<GraphSessionOptions, "domains"> = {}): Promise<Graph> =>
  foldConstants(g, async (constants) => {
    const session = await openGraph(constants, { ...options, threads: 1 });
    try {
      return await session.run({});
    } finally {
      await session.close();
    }
  });

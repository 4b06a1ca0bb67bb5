import type { Prediction } from "../artifact/load.ts";
import { HandfulError, messageOf, type ErrorKind } from "../base/errors.ts";

/** An error as plain data, for the way between processes and threads. */
export interface PlainError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export const toPlain = (thrown: unknown): PlainError =>
  thrown instanceof HandfulError
    ? { kind: thrown.kind, code: thrown.code, message: thrown.message, hint: thrown.hint ?? null }
    : { kind: "internal", code: "E_INTERNAL", message: `internal: ${messageOf(thrown)}`, hint: null };

export const fromPlain = ({ kind, code, message, hint }: PlainError): HandfulError =>
  new HandfulError(kind, code, message, hint === null ? {} : { hint });

/** How an engine is started. */
export interface EngineOptions {
  /** Model file, absolute. */
  readonly path: string;
  /** Threads of the runtime; its own choice when absent. */
  readonly threads?: number;
  /** Threads that decode pictures. */
  readonly decoders: number;
  /** Most pictures of one run; found by trial while loading when absent. */
  readonly maxBatch?: number;
  /** Longest that a picture is held back for company, in milliseconds. */
  readonly maxDelayMs: number;
  /** Longest that decoding a picture or one run may take before the process gives itself up, in milliseconds. */
  readonly hangMs: number;
}

/** Exit code of an engine that gave itself up because something in it hung. */
export const HUNG = 75;

/** One output of the model's graph. */
export interface OutputInfo {
  readonly name: string;
  readonly dtype: "float32" | "int64";
  /** Without the axis of pictures. */
  readonly shape: readonly number[];
}

/** What is known of a model once it is open. */
export interface ModelInfo {
  /** First twelve digits of the file's sha256. */
  readonly version: string;
  readonly sha256: string;
  readonly labels: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly outputs: readonly OutputInfo[];
  readonly maxBatch: number;
  readonly accuracy: number | null;
  readonly backbone: string;
}

/** One picture asked of an engine. */
export interface Question {
  /** Bytes of an encoded image, or, when `ready`, uint8 RGB [height, width, 3]. */
  readonly picture: Uint8Array;
  readonly ready: boolean;
  /** Outputs of the graph wanted besides the prediction. */
  readonly outputs: readonly string[];
}

/** What an engine says of one picture. */
export interface EngineAnswer {
  readonly prediction: Omit<Prediction, "embedding">;
  /** The outputs asked for, by name, flat. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

/** How long runs take at the moment, in milliseconds: perItem n + fixed. */
export interface Cost {
  readonly perItemMs: number;
  readonly fixedMs: number;
}

/** To the engine's process. */
export type EngineRequest =
  | { readonly type: "ask"; readonly id: number; readonly question: Question; readonly remainingMs: number }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

/** From the engine's process. */
export type EngineResponse =
  | { readonly type: "open"; readonly info: ModelInfo; readonly cost: Cost }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "answer"; readonly id: number; readonly answer: EngineAnswer }
  | { readonly type: "error"; readonly id: number; readonly error: PlainError }
  | { readonly type: "ran"; readonly items: number; readonly ms: number; readonly cost: Cost }
  | { readonly type: "decoded"; readonly ms: number }
  | { readonly type: "alive"; readonly rssBytes: number };

/** How a server behaves; every field has a default. */
export interface ServeSettings {
  /** Most pictures of one run; found by trial while a model is loaded when null. */
  readonly maxBatch: number | null;
  /** Longest that a picture is held back for company while the engine is idle, in milliseconds. */
  readonly maxDelayMs: number;
  /** Most pictures of one model that are decoded, waiting or running; more are refused with 429. */
  readonly queue: number;
  /** Time a request may take from its first byte on, in milliseconds; then it is answered 504. */
  readonly deadlineMs: number;
  /** Largest body of a request, in bytes. */
  readonly maxBodyBytes: number;
  /** Bytes of bodies held at the same time, by all requests. */
  readonly bodyBudgetBytes: number;
  /** Most pictures in one request. */
  readonly maxPictures: number;
  /** Time for headers, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Time for a whole request to come in, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Time a connection may be silent between or within requests, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Time for which requests are still taken once the server is told to stop and says that it is not ready, in milliseconds. */
  readonly drainDelayMs: number;
  /** Time for accepted requests to finish once the server is told to stop, in milliseconds. */
  readonly drainTimeoutMs: number;
  /** Threads of the runtime, per model; one a core when null. */
  readonly threads: number | null;
  /** Threads that decode pictures, per model. */
  readonly decoders: number;
  /** Time without a sign of life after which an engine is restarted, in milliseconds. */
  readonly silenceMs: number;
  /** Longest that a run or a decoding may take before the engine is restarted, in milliseconds. */
  readonly hangMs: number;
  /** Wait before the first restart of an engine, in milliseconds; doubles up to 10 s. */
  readonly restartMs: number;
}

export const DEFAULT_SETTINGS: ServeSettings = {
  maxBatch: null,
  maxDelayMs: 20,
  queue: 256,
  deadlineMs: 10_000,
  maxBodyBytes: 16 * 2 ** 20,
  bodyBudgetBytes: 256 * 2 ** 20,
  maxPictures: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 75_000,
  drainDelayMs: 0,
  drainTimeoutMs: 30_000,
  threads: null,
  decoders: 1,
  silenceMs: 5000,
  hangMs: 30_000,
  restartMs: 250,
};

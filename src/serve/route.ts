import type { z } from "zod";
import type { Scope } from "./api-keys.ts";
import type { Choose } from "./choose-model.ts";
import type { JsonReader } from "./json-reader.ts";
import type { Metrics } from "./metrics.ts";
import type { ModelTable } from "./model-table.ts";
import type { Document } from "./openapi-document.ts";
import type { ServeSettings } from "./settings.ts";

/** One picture answered, for whoever keeps count (an experiment, a log). */
export interface Answered {
  /** That of the prediction, under which feedback may come. */
  readonly id: string;
  readonly requestId: string;
  readonly model: string;
  readonly version: string;
  /** Who asked, where the request said so. */
  readonly key: string | null;
  /** null: unknown. */
  readonly label: string | null;
  readonly likeliest: string;
  readonly probability: number;
  /** Since the request came in, in milliseconds. */
  readonly ms: number;
}

/** What routes share. */
export interface Parts {
  readonly settings: ServeSettings;
  readonly version: string;
  readonly models: ModelTable;
  readonly json: JsonReader;
  readonly metrics: Metrics;
  /** Which model answers. */
  readonly choose: Choose;
  readonly answered: (answered: Answered) => void;
  /** Whether requests are taken: all models open, and not stopping. */
  readonly isReady: () => boolean;
  readonly isStopping: () => boolean;
  /** Folder from which models may be loaded while serving, absolute; null: none. */
  readonly modelsFolder: string | null;
  /** The document at /openapi.json. */
  readonly openApi: () => Document;
}

/** A request as routes see it. */
export interface Ask {
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** Content-Type, "" where there is none. */
  readonly contentType: string;
  readonly header: (name: string) => string | undefined;
  /** Aborted at the deadline and when the client leaves, with the error as reason. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline. */
  readonly remainingMs: () => number;
  /** Milliseconds since the request came in. */
  readonly elapsedMs: () => number;
}

export interface Reply {
  /** 200 when absent. */
  readonly status?: number;
  /** application/json when absent. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a body or an answer is, for the document: a schema of JSON, or a sentence. */
export type Described = z.ZodType | string;

/** One route as data; the document at /openapi.json is derived from it. */
export interface Route {
  readonly method: "GET" | "POST";
  /** Addresses, with ":name" for what varies. */
  readonly paths: readonly string[];
  /** What a key must be allowed; null: open to all. */
  readonly scope: Scope | null;
  /** Whether it puts an engine to work: refused while the server stops or the queue is full, ended at the deadline. */
  readonly works: boolean;
  readonly summary: string;
  /** By media type. */
  readonly bodies: Readonly<Record<string, Described>>;
  /** By media type. */
  readonly answers: Readonly<Record<string, Described>>;
  /** @throws HandfulError, whose status is in `statuses.ts` */
  handle(parts: Parts, ask: Ask): Promise<Reply>;
}

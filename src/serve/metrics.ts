import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ServedModel } from "./served-model.ts";

/** What a server counts, for Prometheus. Must be closed. */
export interface Metrics {
  request(route: string, method: string, status: number, seconds: number): void;
  /** @param outcome  "known", "unknown", or the code of an error */
  picture(model: string, outcome: string): void;
  ran(model: string, items: number, seconds: number): void;
  decoded(model: string, seconds: number): void;
  restarted(model: string): void;
  /** A client left before its answer. */
  cancelled(): void;
  /** In the text format. */
  text(models: readonly ServedModel[], ready: boolean): Promise<string>;
  readonly contentType: string;
  close(): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PICTURES = [1, 2, 4, 8, 16, 32, 64];

const instruments = (register: Registry) => {
  const registers = [register];
  return {
    requests: new Counter({
      name: "handful_http_requests_total",
      help: "Requests answered.",
      labelNames: ["route", "method", "status"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "handful_http_request_seconds",
      help: "Time from the first byte of a request to the end of its answer.",
      labelNames: ["route"],
      buckets: SECONDS,
      registers,
    }),
    pictures: new Counter({
      name: "handful_pictures_total",
      help: "Pictures answered: known, unknown, or the code of an error.",
      labelNames: ["model", "outcome"],
      registers,
    }),
    runPictures: new Histogram({
      name: "handful_run_pictures",
      help: "Pictures that ran together.",
      labelNames: ["model"],
      buckets: PICTURES,
      registers,
    }),
    runSeconds: new Histogram({
      name: "handful_run_seconds",
      help: "Time of a run of the model.",
      labelNames: ["model"],
      buckets: SECONDS,
      registers,
    }),
    decodeSeconds: new Histogram({
      name: "handful_decode_seconds",
      help: "Time to decode and resize a picture, waiting included.",
      labelNames: ["model"],
      buckets: SECONDS,
      registers,
    }),
    restarts: new Counter({
      name: "handful_engine_restarts_total",
      help: "Times an engine died and was started again.",
      labelNames: ["model"],
      registers,
    }),
    cancelled: new Counter({
      name: "handful_cancelled_total",
      help: "Requests whose client left before the answer.",
      registers,
    }),
    pending: new Gauge({
      name: "handful_pending_pictures",
      help: "Pictures being decoded, waiting or running.",
      labelNames: ["model"],
      registers,
    }),
    ready: new Gauge({ name: "handful_ready", help: "1 when the server takes requests.", registers }),
    memory: new Gauge({
      name: "process_resident_memory_bytes",
      help: "Memory of the server's process, without the engines.",
      registers,
    }),
    delay: new Gauge({
      name: "handful_event_loop_delay_seconds",
      help: "Delay of the event loop since the last look, by quantile.",
      labelNames: ["quantile"],
      registers,
    }),
  };
};

export const createMetrics = (): Metrics => {
  const register = new Registry();
  const all = instruments(register);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  return {
    request: (route, method, status, seconds) => {
      all.requests.inc({ route, method, status });
      all.requestSeconds.observe({ route }, seconds);
    },
    picture: (model, outcome) => all.pictures.inc({ model, outcome }),
    ran: (model, items, seconds) => {
      all.runPictures.observe({ model }, items);
      all.runSeconds.observe({ model }, seconds);
    },
    decoded: (model, seconds) => all.decodeSeconds.observe({ model }, seconds),
    restarted: (model) => all.restarts.inc({ model }),
    cancelled: () => all.cancelled.inc(),
    text: async (models, ready) => {
      all.pending.reset();
      for (const { name, pending } of models) all.pending.set({ model: name }, pending);
      all.ready.set(ready ? 1 : 0);
      all.memory.set(process.memoryUsage.rss());
      // The histogram measures whole intervals: what exceeds the resolution is the delay.
      for (const quantile of [50, 99, 100])
        all.delay.set({ quantile: String(quantile / 100) }, Math.max(0, delay.percentile(quantile) / 1e9 - 0.01));
      delay.reset();
      return register.metrics();
    },
    contentType: register.contentType,
    close: () => delay.disable(),
  };
};

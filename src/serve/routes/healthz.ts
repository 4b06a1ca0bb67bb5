import { isLive } from "../../api/inference.ts";
import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/healthz", "/v2/health/live"],
  scope: null,
  works: false,
  summary: "Whether the server is alive; stays so while it stops or an engine is restarted.",
  bodies: {},
  answers: { "application/json": isLive },
  handle: () => Promise.resolve({ body: { live: true } }),
};

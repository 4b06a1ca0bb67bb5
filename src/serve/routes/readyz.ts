import { isReady } from "../../api/inference.ts";
import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/readyz", "/v2/health/ready"],
  scope: null,
  works: false,
  summary: "Whether the server takes requests: 503 while a model is missing and once it was told to stop.",
  bodies: {},
  answers: { "application/json": isReady },
  handle: ({ isReady: ready }) => Promise.resolve({ status: ready() ? 200 : 503, body: { ready: ready() } }),
};

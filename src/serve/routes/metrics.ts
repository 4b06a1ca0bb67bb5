import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/metrics"],
  scope: "metrics",
  works: false,
  summary: "What the server has counted, for Prometheus.",
  bodies: {},
  answers: { "text/plain": "The text format of Prometheus." },
  handle: async ({ metrics, models, isReady }) => ({
    type: metrics.contentType,
    body: await metrics.text(models.all, isReady()),
  }),
};

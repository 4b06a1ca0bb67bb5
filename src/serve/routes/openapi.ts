import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/openapi.json"],
  scope: null,
  works: false,
  summary: "This document.",
  bodies: {},
  answers: { "application/json": "An OpenAPI 3.1 document." },
  handle: ({ openApi }) => Promise.resolve({ body: openApi() }),
};

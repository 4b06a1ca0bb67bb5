import { serverMetadata } from "../../api/inference.ts";
import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/v2"],
  scope: "classify",
  works: false,
  summary: "Open Inference Protocol: what server this is.",
  bodies: {},
  answers: { "application/json": serverMetadata },
  handle: ({ version }) => Promise.resolve({ body: { name: "handful", version, extensions: ["binary_tensor_data"] } }),
};

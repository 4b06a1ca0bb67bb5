import { isModelReady } from "../../api/inference.ts";
import type { Route } from "../route.ts";
import { modelIn } from "./_version.ts";

export const route: Route = {
  method: "GET",
  paths: ["/v2/models/:model/ready", "/v2/models/:model/versions/:version/ready"],
  scope: null,
  works: false,
  summary: "Open Inference Protocol: whether a model takes requests.",
  bodies: {},
  answers: { "application/json": isModelReady },
  handle: ({ models }, { params }) => {
    const { name, info } = modelIn(models, params);
    const ready = info !== null;
    return Promise.resolve({ status: ready ? 200 : 503, body: { name, ready } });
  },
};

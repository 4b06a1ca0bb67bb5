import { modelList, type ModelList } from "../../api/models.ts";
import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/v1/models"],
  scope: "classify",
  works: false,
  summary: "The models there are.",
  bodies: {},
  answers: { "application/json": modelList },
  handle: ({ models }) => {
    const body: ModelList = {
      models: models.all.map(({ name, info, pending }) => ({
        name,
        version: info?.version ?? null,
        ready: info !== null,
        labels: [...(info?.labels ?? [])],
        accuracy: info?.accuracy ?? null,
        backbone: info?.backbone ?? null,
        input: info && { height: info.height, width: info.width },
        pending,
        maxBatch: info?.maxBatch ?? null,
      })),
    };
    return Promise.resolve({ body });
  },
};

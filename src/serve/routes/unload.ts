import { unloadAnswer, unloadRequest } from "../../api/models.ts";
import { readJson } from "../read-pictures.ts";
import type { Route } from "../route.ts";

export const route: Route = {
  method: "POST",
  paths: ["/v1/models/unload"],
  scope: "admin",
  works: false,
  summary: "Take a model out; what it was asked is still answered.",
  bodies: { "application/json": unloadRequest },
  answers: { "application/json": unloadAnswer },
  handle: async ({ models }, { body }) => {
    const { name } = readJson(body, unloadRequest);
    await models.unload(name);
    return { body: { name, unloaded: true } };
  },
};

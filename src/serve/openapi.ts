import { z } from "zod";
import { errorAnswer } from "../api/error.ts";
import type { Content, Document, Json, Operation } from "./openapi-document.ts";
import type { Described, Route } from "./route.ts";

const schemaOf = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", unrepresentable: "any" });
  return rest;
};

const contentOf = (described: Readonly<Record<string, Described>>): Content =>
  Object.fromEntries(
    Object.entries(described).map(([type, what]) => [
      type,
      { schema: typeof what === "string" ? { type: "string", description: what } : schemaOf(what) },
    ]),
  );

const operationOf = (route: Route, path: string): Operation => {
  const { method, scope, works, summary, bodies, answers } = route;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^a-z0-9]+/gi, "_")}`,
    summary,
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    }),
    ...(scope !== null && { security: [{ key: [] }], "x-scope": scope }),
    ...(Object.keys(bodies).length > 0 && { requestBody: { required: true, content: contentOf(bodies) } }),
    responses: {
      200: { description: "Done.", content: contentOf(answers) },
      ...((scope !== null || works) && {
        default: { description: "Not done.", content: { "application/json": { schema: schemaOf(errorAnswer) } } },
      }),
    },
  };
};

/** The OpenAPI 3.1 document of some routes. */
export const openApiOf = (routes: readonly Route[], version: string): Document => {
  const paths = new Map<string, Record<string, Operation>>();
  for (const route of routes)
    for (const path of route.paths) {
      const key = path.replace(/:(\w+)/g, "{$1}");
      paths.set(key, { ...paths.get(key), [route.method.toLowerCase()]: operationOf(route, path) });
    }
  return {
    openapi: "3.1.0",
    info: { title: "Handful", version, description: "Classifies pictures; speaks the Open Inference Protocol too." },
    paths: Object.fromEntries(paths),
    components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
  };
};

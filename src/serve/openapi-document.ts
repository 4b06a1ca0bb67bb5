export type Json = Readonly<Record<string, unknown>>;

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: Json }>>;

/** What one address does on one method, as OpenAPI 3.1 says it. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Json[];
  readonly security?: readonly Json[];
  readonly "x-scope"?: string;
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

/** An OpenAPI 3.1 document, as far as we write one. */
export interface Document {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
}

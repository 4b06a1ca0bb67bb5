import { createHash } from "node:crypto";
import type { Content, Document, Operation } from "./openapi-document.ts";

const escape = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; } pre { background: #f3f5f7; padding: .8rem; overflow-x: auto; border-radius: 4px; }
.method { display: inline-block; min-width: 3.2rem; font-weight: 700; color: #0b5cad; }
p { margin: .3rem 0; } .key { color: #6a4a00; } details { margin: .3rem 0; } summary { cursor: pointer; color: #444; }
@media (prefers-color-scheme: dark) { body { color: #e6e8ea; background: #15181c; } pre { background: #22262b; } .method { color: #78b4f0; } .key { color: #e0b860; } summary { color: #b8bdc2; } }
`;

/** What the page may do: nothing but show itself. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const schemasOf = (content: Content, title: string): string =>
  Object.entries(content)
    .map(([type, { schema }]) => {
      const { type: kind, description } = schema as { type?: unknown; description?: unknown };
      if (kind === "string" && typeof description === "string")
        return `<p>${title} <code>${escape(type)}</code>: ${escape(description)}</p>`;
      return `<details><summary>${title} <code>${escape(type)}</code></summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`;
    })
    .join("");

const operationSection = (path: string, method: string, operation: Operation): string => {
  const { summary, requestBody, responses } = operation;
  const scope = operation["x-scope"];
  return [
    `<h2><span class="method">${escape(method.toUpperCase())}</span> <code>${escape(path)}</code></h2>`,
    `<p>${escape(summary)}</p>`,
    scope === undefined ? "" : `<p class="key">Where the server wants API keys: scope ${escape(scope)}.</p>`,
    requestBody ? schemasOf(requestBody.content, "takes") : "",
    schemasOf(responses[200]!.content, "gives"),
  ].join("\n");
};

/** The OpenAPI document as a page of plain HTML without a script or a foreign asset. */
export const docsPage = ({ info, paths }: Document): string => {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(path, method, operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Handful: routes</title><style>${STYLE}</style></head><body>
<h1>Handful ${escape(info.version)}: routes</h1>
<pre>curl -F image=@photo.jpg &lt;address of this server&gt;/v1/classify
curl --data-binary @photo.jpg -H 'content-type: image/jpeg' &lt;address of this server&gt;/v1/classify
curl -F image=@photo.jpg -H "authorization: Bearer $KEY" &lt;address of this server&gt;/v1/classify</pre>
<p>Errors are <code>{"error": "…", "code": "E_…"}</code>. The same as a document for programs: <code>/openapi.json</code>.</p>
${operations.join("\n")}
</body></html>
`;
};

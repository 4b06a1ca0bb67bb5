import { docsPage, PAGE_POLICY } from "../docs-page.ts";
import type { Route } from "../route.ts";

export const route: Route = {
  method: "GET",
  paths: ["/docs"],
  scope: null,
  works: false,
  summary: "The routes as a page to read.",
  bodies: {},
  answers: { "text/html": "A page that needs nothing else." },
  handle: ({ openApi }) =>
    Promise.resolve({
      type: "text/html; charset=utf-8",
      headers: { "content-security-policy": PAGE_POLICY, "referrer-policy": "no-referrer" },
      body: docsPage(openApi()),
    }),
};

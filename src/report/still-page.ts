import { html, trusted, type Html } from "./html.ts";

export interface StillPage {
  readonly title: string;
  /** A style sheet. */
  readonly style: string;
  /** More of the head. */
  readonly head?: Html;
  readonly body: Html;
}

/** A page without a script, which loads nothing: pictures are `data:` URIs. */
export const stillPage = ({ title, style, head, body }: StillPage): string => {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta
        http-equiv="Content-Security-Policy"
        content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
      />
      ${head ?? null}
      <title>${title}</title>
      <style>
        ${trusted(style)}
      </style>
    </head>
    <body>
      ${body}
    </body>
  </html>`;
  return `<!doctype html>\n${page.markup}\n`;
};

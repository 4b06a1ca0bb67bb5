import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { shortName } from "./format.ts";
import { html, join, scriptJson, trusted, type Html } from "./html.ts";
import type { Section } from "./section.ts";

export interface Page {
  readonly title: string;
  /** Under the title: where and when. */
  readonly subtitle: string;
  readonly sections: readonly Section[];
  /** At the end: what was left out. */
  readonly footer: Html | string;
  /** For the script. */
  readonly data: unknown;
}

/** Line ends as browsers see them: they hash the text after turning CRLF into LF. */
const asset = async (file: string): Promise<string> =>
  (await readFile(new URL(`../../assets/report/${file}`, import.meta.url), "utf8")).replaceAll("\r\n", "\n");

/** An element whose text is hashed, so that not a space may be added to it. */
const inline = (open: string, text: string, close: string): Html => trusted(open + text + close);

const sha256 = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * The whole file: one style sheet, one script and one block of data, all inside it. Its content security policy names
 * style and script by their hashes and forbids everything else, the network first of all.
 */
export const pageOf = async (page: Page): Promise<string> => {
  const [style, script] = await Promise.all([asset("report.css"), asset("report.js")]);
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src ${sha256(style)}`,
    `script-src ${sha256(script)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`<!doctype html>
    <html lang="en">
      ${headMarkup(page.title, policy, style)}
      <body>
        <a class="skip" href="#headline">Skip to the result</a>
        <header>
          <h1><bdi>${shortName(page.title, 60)}</bdi></h1>
          <p class="muted">${page.subtitle}</p>
        </header>
        <div class="page">
          <nav aria-label="Contents">
            <ol>
              ${join(page.sections.map((one) => html`<li><a href="#${one.id}">${one.title}</a></li>`))}
            </ol>
          </nav>
          <main>${join(page.sections.map(sectionMarkup))}</main>
        </div>
        <footer>${page.footer}</footer>
        <noscript><p class="muted">Pictures and galleries need the script inside this file.</p></noscript>
        ${GALLERY}
        <div id="tip" hidden></div>
        ${inline('<script type="application/json" id="report-data">', scriptJson(page.data).markup, "</script>")}
        ${inline("<script>", script, "</script>")}
      </body>
    </html> `.markup;
};

const headMarkup = (title: string, policy: string, style: string): Html =>
  html`<head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <meta name="generator" content="Handful" />
    <title>${shortName(title, 60)} – Handful report</title>
    ${inline("<style>", style, "</style>")}
  </head>`;

const GALLERY = html`<dialog id="gallery" aria-labelledby="gallery-title">
  <div class="bar">
    <h2 id="gallery-title"></h2>
    <button type="button" data-close>Close</button>
  </div>
  <p class="muted" id="gallery-more"></p>
  <ul class="pictures" id="gallery-images"></ul>
</dialog>`;

const sectionMarkup = ({ id, title, lead, body }: Section): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${lead === "" ? null : html`<p class="lead">${lead}</p>`} ${body}
  </section>`;

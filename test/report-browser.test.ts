import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReport } from "../src/report/render-report.ts";
import { HOSTILE, madeInput } from "./report-fixture.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const found = existsSync(CHROMIUM);
if (!found) console.warn(`report in a browser: skipped, there is no ${CHROMIUM} (name one in CHROMIUM)`);

const CLASSES = ["daisy", "iris", "pansy", ...HOSTILE];

describe.skipIf(!found)("the report in a browser, opened from disk without a network", () => {
  let browser: Browser;
  let folder: string;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    const colour = (i: number): Promise<Buffer> =>
      sharp({ create: { width: 80, height: 60, channels: 3, background: `hsl(${(i * 53) % 360}, 55%, 50%)` } })
        .png()
        .toBuffer();
    const images = CLASSES.flatMap((name, label) =>
      Array.from({ length: 6 }, (_, i) => ({ name: `${name}/${i}.png`, label })),
    );
    folder = await mkdtemp(join(tmpdir(), "handful-report-"));
    const file = join(folder, "report.html");
    await writeFile(file, await renderReport(madeInput({ classes: CLASSES, images, thumbnail: colour })));
    url = pathToFileURL(file).href;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  const open = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ offline: true, reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (!request.url().startsWith("data:") && request.url() !== url) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    return page;
  };

  it("shows every picture, runs no foreign script, asks for nothing", async () => {
    const page = await open();
    await page.waitForFunction("[...document.images].every((image) => image.complete && image.naturalWidth > 0)");
    expect(await page.evaluate("document.images.length")).toBeGreaterThan(40);
    expect(await page.evaluate("[...document.images].filter((image) => !image.alt).length")).toBe(0);
    expect(await page.evaluate("document.scripts.length")).toBe(2);
    const text = await page.innerText("#class-table");
    for (const shown of ["<img src=x onerror=alert(1)>", "{{7*7}}${7*7}", "__proto__", "(empty name)"])
      expect(text).toContain(shown);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("opens the images behind a cell by keyboard and gives the focus back", async () => {
    const page = await open();
    await page.focus("#matrix button");
    await page.keyboard.press("ArrowDown");
    const label = await page.evaluate("document.activeElement.getAttribute('aria-label')");
    await page.keyboard.press("Enter");
    const title = await page.innerText("#gallery-title");
    expect(label).toContain(title);
    expect(await page.locator("#gallery-images img").count()).toBe(Number(/(\d+) image/.exec(String(label))![1]));
    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe(label);
    expect(await page.evaluate("document.querySelectorAll('#matrix button[tabindex=\"0\"]').length")).toBe(1);
    await page.context().close();
  });

  it("walks the map by arrow keys, shows pictures on hover and one class alone", async () => {
    const page = await open();
    await page.focus("#chart-map");
    await page.keyboard.press("ArrowRight");
    expect(await page.innerText("#tip")).toContain("daisy");
    expect(await page.innerText("#chart-map [aria-live]")).toContain("daisy/0.png");
    await page.keyboard.press("Escape");
    expect(await page.isVisible("#tip")).toBe(false);
    await page.locator("#chart-map [data-series='1']").first().hover({ force: true });
    expect(await page.locator("#tip img").count()).toBe(1);
    await page.click("[data-legend] button >> nth=1");
    expect(await page.locator("#chart-map .dimmed").count()).toBeGreaterThan(6 * (CLASSES.length - 1) - 1);
    await page.context().close();
  });

  it("switches the matrix between images and percent", async () => {
    const page = await open();
    const first = page.locator("#matrix td.right button").first();
    const counts = await first.innerText();
    await page.getByLabel("Percent of the true class").check();
    expect(Number(await first.innerText())).toBe(Math.round((Number(counts) / 6) * 100));
    await page.context().close();
  });

  it.each([360, 400, 900, 1400])("has no sideways scrolling at %i pixels", async (width) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open({ viewport: { width, height: 800 }, colorScheme });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      await page.context().close();
    }
  });
});

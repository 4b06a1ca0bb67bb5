import { createHash } from "node:crypto";
import sharp from "sharp";
import { expect, it } from "vitest";
import { renderReport } from "../src/report/render-report.ts";
import { HOSTILE, madeInput, withoutEstimate, type Made } from "./report-fixture.ts";

const colour = (index: number): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: `hsl(${(index * 37) % 360}, 60%, 50%)` } })
    .jpeg()
    .withExif({ IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 0/1" } })
    .toBuffer();

const made = (classes: readonly string[], perClass: number, more: Partial<Made> = {}): Made => ({
  classes,
  images: classes.flatMap((label, i) =>
    Array.from({ length: perClass }, (_, j) => ({ name: `${label}/${j}.jpg`, label: i })),
  ),
  thumbnail: colour,
  ...more,
});

/** What the browser would take for elements, without the style sheet, script and data. */
const markupOf = (page: string): string => page.replace(/<(style|script)[^>]*>[\s\S]*?<\/\1>/g, "<$1></$1>");

const dataOf = (page: string): unknown =>
  JSON.parse(/<script type="application\/json" id="report-data">([\s\S]*?)<\/script>/.exec(page)![1]!);

it("keeps hostile class and file names text", async () => {
  const page = await renderReport({ ...madeInput(made(HOSTILE, 4)), title: HOSTILE[0]! });
  const markup = markupOf(page);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(markup).not.toContain("<img");
  const tags = markup.match(/<[a-z](?:"[^"]*"|[^">])*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, ""));
  expect(tags.filter((tag) => / on\w+=/.test(tag))).toEqual([]);
  expect(markup).not.toContain("<!--");
  expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069\0]/);
  expect(markup).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(markup).toContain("{{7*7}}${7*7}");
  expect(markup).toContain("(empty name)");
  expect(markup).toContain("__proto__");
  expect(dataOf(page)).toMatchObject({ galleries: expect.any(Array) as unknown });
});

it("lets no name reach the prototype of all objects", async () => {
  await renderReport(madeInput(made(HOSTILE, 4)));
  const plain: string[] = [];
  for (const key in {}) plain.push(key);
  expect(plain).toEqual([]);
});

it("points nowhere outside itself and lets nothing but its own script and style run", async () => {
  const page = await renderReport(madeInput(made(["a", "b", "c"], 6)));
  expect(page).not.toMatch(/(?:https?:|ftp:|\/\/)[a-z0-9]+\.[a-z]/i);
  expect(markupOf(page)).not.toMatch(/(?:src|srcset|xlink:href|action|data)=/);
  expect(
    markupOf(page)
      .match(/href="[^"]*"/g)
      ?.every((link) => link.startsWith('href="#')),
  ).toBe(true);
  expect(markupOf(page)).not.toMatch(/ style=/);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  for (const tag of ["style", "script"]) {
    const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)![1]!;
    expect(policy).toContain(`${tag}-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  }
});

it("gives the same bytes for the same input", async () => {
  const input = madeInput(made(["a", "b", "c"], 5));
  expect(await renderReport(input)).toBe(await renderReport(input));
});

it("carries no metadata of the photos", async () => {
  const page = await renderReport(madeInput(made(["a", "b"], 5)));
  const pictures = [...page.matchAll(/data:image\/webp;base64,([A-Za-z0-9+/=]+)/g)];
  expect(pictures.length).toBeGreaterThan(5);
  for (const [, base64] of pictures) {
    const bytes = Buffer.from(base64!, "base64");
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
    expect(bytes.includes("EXIF")).toBe(false);
  }
});

it("stays small with 10 000 classes, lists confused pairs and says what was left out", async () => {
  const classes = Array.from({ length: 10_000 }, (_, i) => `class number ${i}`);
  const page = await renderReport({
    ...madeInput(made(classes, 2, { sparse: true })),
    limits: { thumbnails: 60 },
  });
  expect(page.length).toBeLessThan(5e6);
  expect(page).toContain('id="confused-pairs"');
  expect(page).not.toContain('id="matrix"');
  expect(page).toMatch(/thumbnails \(.*more were left out/);
  expect(markupOf(page).length).toBeLessThan(1e6);
}, 60_000);

it("keeps within the byte budget with many large pictures", async () => {
  const noise = await sharp({
    create: {
      width: 400,
      height: 400,
      channels: 3,
      background: "grey",
      noise: { type: "gaussian", mean: 128, sigma: 60 },
    },
  })
    .png()
    .toBuffer();
  const page = await renderReport({
    ...madeInput(made(["a", "b", "c", "d"], 80, { thumbnail: async () => noise })),
    limits: { thumbnailBytes: 400_000 },
  });
  expect(page.match(/base64,[A-Za-z0-9+/=]+/g)!.join("").length).toBeLessThan(400_000);
  expect(page).toContain("more were left out");
}, 60_000);

it("says that accuracy cannot be estimated, and shows what is known all the same", async () => {
  const input = madeInput(made(["a", "b", "c"], 1));
  const page = markupOf(await renderReport({ ...input, evidence: withoutEstimate(input.evidence) }));
  expect(page).toContain("accuracy cannot be estimated");
  expect(page).toContain("every class has one image");
  for (const gone of ["confusion", "mistakes", "calibration", "classes"])
    expect(page).not.toContain(`<section id="${gone}"`);
  for (const kept of ["map", "balance", "heads", "run"]) expect(page).toContain(`<section id="${kept}"`);
});

it("says so where no image was mistaken and where no picture can be made", async () => {
  const input = madeInput(made(["a", "b"], 4, { thumbnail: async () => null }));
  const right = input.evidence.outOfFold!.map((one) => ({ ...one, predicted: one.label, votes: [one.label] }));
  const page = await renderReport({ ...input, evidence: { ...input.evidence, outOfFold: right } });
  expect(page).toContain("No image was mistaken");
  expect(page).toContain("no picture could be made");
});

it("is internally refused when evidence and items do not match", async () => {
  const input = madeInput(made(["a", "b"], 4));
  await expect(renderReport({ ...input, items: [0] })).rejects.toThrow("internal: report: 8 rows of evidence, 1 items");
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type Model } from "../../src/artifact/load.ts";
import { DEMO_CLASSES, DEMO_SIZE, drawDemo, writeDemoSet } from "../../src/data/demo.ts";
import { preprocessPixels } from "../../src/data/preprocess.ts";
import { hiResCam } from "../../src/explain/cam.ts";
import { massInside, peaksIn, type HeatMap } from "../../src/explain/heat-map.ts";
import { openExplainer } from "../../src/explain/open-explainer.ts";
import { resolveBackbone, train } from "../../src/index.ts";
import { importModel } from "../../src/onnx/import.ts";
import { explainMethods, openExplaining } from "../../src/pipeline/explain.ts";
import { command } from "../../src/cli/commands/explain.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { plantPhotos } from "../fixtures/planted-photos.ts";
import { randomiseTop, rankCorrelation } from "../fixtures/randomise-weights.ts";
import { hasShared, images, weights } from "../fixtures/shared.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-explain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trained = async (photos: string, name: string, backbone: string): Promise<string> => {
  const out = mkdtempSync(join(folder, name));
  await train({
    photos,
    out,
    backbone: await resolveBackbone({ name: backbone, env: {} }),
    head: "auto",
    seed: 0,
    cacheDir: join(folder, "cache"),
    keepConflicts: false,
    strict: false,
    now: new Date(0),
    version: "test",
    commandLine: "test",
  });
  return out;
};

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe("drawn parts on drawn grounds", () => {
  let run: string;
  let model: Model;
  const bytes = (): Uint8Array => readFileSync(join(run, "model.onnx"));
  beforeAll(async () => {
    await writeDemoSet(join(folder, "demo"), { seed: 0, perClass: 24 });
    run = await trained(join(folder, "demo"), "demo-run", "handful-mini");
    model = await loadModel(bytes());
  });
  afterAll(() => model.close());

  const mapsOf = async (graph: ReturnType<typeof importModel>["graph"], perClass: number): Promise<HeatMap[]> => {
    const explainer = await openExplainer(graph, { cam: hiResCam });
    const maps: HeatMap[] = [];
    for (const name of DEMO_CLASSES)
      for (let index = 0; index < perClass; index++) {
        const pixels = await preprocessPixels(drawDemo({ seed: 7, name, index }).pixels, model.preprocess);
        maps.push(await explainer.explain(pixels, model.metadata.labels.indexOf(name)));
      }
    await explainer.close();
    return maps;
  };

  it("peaks inside the box of the part in at least 80 % of new pictures", async () => {
    const maps = await mapsOf(importModel(bytes()).graph, 6);
    const boxes = DEMO_CLASSES.flatMap((name) =>
      Array.from({ length: 6 }, (_, index) => {
        const { left, top, width, height } = drawDemo({ seed: 7, name, index }).box;
        const scale = 1 / DEMO_SIZE;
        return { left: left * scale, top: top * scale, width: width * scale, height: height * scale };
      }),
    );
    expect(mean(maps.map((map, i) => (peaksIn(map, boxes[i]!) ? 1 : 0)))).toBeGreaterThanOrEqual(0.8);
    const excess = maps.map((map, i) => massInside(map, boxes[i]!) - boxes[i]!.width * boxes[i]!.height);
    expect(mean(excess.map((e) => (e > 0 ? 1 : 0)))).toBeGreaterThanOrEqual(0.8);
  });

  it("changes with the weights: shuffled from the top down, the map is another", async () => {
    const whole = await mapsOf(importModel(bytes()).graph, 2);
    const layers = randomiseTop(importModel(bytes()).graph, 0);
    expect(layers).toBeGreaterThan(4);
    for (const count of [1, layers]) {
      const { graph } = importModel(bytes());
      randomiseTop(graph, count);
      const other = await mapsOf(graph, 2);
      expect(Math.abs(mean(whole.map((map, i) => rankCorrelation(map.data, other[i]!.data))))).toBeLessThan(0.3);
    }
    expect(
      mean((await mapsOf(importModel(bytes()).graph, 2)).map((map, i) => rankCorrelation(map.data, whole[i]!.data))),
    ).toBeCloseTo(1, 9);
  });

  it("stands in the report with right and wrong photos", () => {
    const report = readFileSync(join(run, "report.html"), "utf8");
    const section = /<section id="looks"[\s\S]*?<\/section>/.exec(report)![0];
    const maps = section.match(/<img src="data:image\/webp/g)!.length;
    expect(maps).toBe(2 * 3 + 3); // of mistakes for what was said and for the truth
    expect(section).toContain("HiResCAM at object_answers");
  });

  it("names its methods alike everywhere", () => {
    expect(command.options.find(({ flags }) => flags.startsWith("--method"))!.choices).toEqual(explainMethods);
  });

  it("handful explain writes pictures and a page that loads nothing, and passes over what is no photo", () => {
    const handful = commandLine(folder);
    const photos = ["bolt/000.jpg", "nut/000.jpg"].map((name) => join("demo", name));
    const bad = join(run, "metrics.json");
    const { code, out } = handful(["explain", run, ...photos, bad, "-o", "why", "--photos", "demo"]);
    expect(code).toBe(3);
    expect(out).toContain("cannot be read");
    expect(out).toMatch(/nearest: \w+\/\d+\.jpg/);
    expect(readdirSync(join(folder, "why")).sort()).toEqual(["bolt-000.png", "index.html", "nut-000.png"]);
    const page = readFileSync(join(folder, "why/index.html"), "utf8");
    expect(page).not.toMatch(/https?:|<script|src="(?!data:)/);
    expect(page.match(/src="data:image\/webp/g)!.length).toBe(2 * (2 + 3));
  });

  it("handful explain --json gives the map of the class asked for, by occlusion too", () => {
    const handful = commandLine(folder);
    const photo = "demo/bolt/001.jpg";
    const asked = handful(["explain", run, photo, "--class", "nut", "--method", "occlusion", "-o", "o", "--json"]);
    const { photos, page } = JSON.parse(asked.out) as {
      page: string;
      photos: { file: string; explained: string; map: { width: number; height: number; values: number[] } }[];
    };
    expect([asked.code, photos[0]!.explained, photos[0]!.file]).toEqual([0, "nut", photo]);
    expect(photos[0]!.map.values.length).toBe(photos[0]!.map.width * photos[0]!.map.height);
    expect(page.endsWith("index.html")).toBe(true);
    const wrong = handful(["explain", run, photo, "--class", "nutt"]);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Did you mean "nut"?')]);
    expect(handful(["explain", run]).code).toBe(2);
  });
});

describe.skipIf(!hasShared)("real photos in which a patch alone tells the class", () => {
  const rounds = [
    ["flowers12", "hires-cam"],
    ["neu-steel", "grad-cam"],
  ] as const;

  it.each(rounds)(
    "%s, %s: the map peaks in the patch, and holds far more there than elsewhere",
    async (set, method) => {
      const { photos, asked } = await plantPhotos(images(set), mkdtempSync(join(folder, set)), { learn: 16, ask: 5 });
      const run = await trained(photos, `${set}-run`, weights("mobilenet_v2_0.35_224"));
      const explaining = await openExplaining(run, { method, cacheDir: join(folder, "cache") });
      const [peaks, masses]: [number[], number[]] = [[], []];
      for (const { path, label, box } of asked) {
        const { map } = await explaining.explain(readFileSync(path), label);
        peaks.push(peaksIn(map, box) ? 1 : 0);
        masses.push(massInside(map, box) / (box.width * box.height));
      }
      await explaining.close();
      expect(mean(peaks)).toBeGreaterThanOrEqual(0.8);
      expect(mean(masses)).toBeGreaterThan(4);
    },
  );
});

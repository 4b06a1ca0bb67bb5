import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { auditDataset } from "../../src/data/audit.ts";
import { readItem } from "../../src/data/image.ts";
import { manifestLines } from "../../src/data/write-manifest.ts";
import { escapeName, unescapeName } from "../../src/data/names.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { failure, inChild, jpeg, put, temporaryFolder } from "./data-fixtures.ts";

const names = (dataset: { items: readonly { name: string }[] }): string[] => dataset.items.map(({ name }) => name);

/** Folders by the thousand are made in memory where the machine has a place for that. */
const fastFolder = (): string => {
  if (!existsSync("/dev/shm")) return temporaryFolder();
  const folder = join("/dev/shm", `handful-${process.pid}-${performance.now()}`);
  mkdirSync(folder);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

it("case 27: a folder of 200 000 files is scanned as a stream, with progress, in bounded memory", async () => {
  const folder = fastFolder();
  const count = 200_000;
  mkdirSync(join(folder, "a"));
  for (let i = 0; i < count; i++) closeSync(openSync(join(folder, "a", `${(i * 7919) % count}.jpg`), "w"));
  const { found, reports, last, sorted, peakMb } = (await inChild(`
    import { scanDataset } from "data:scan.ts";
    let [reports, last] = [0, 0];
    const onProgress = (found) => { reports++; last = found; };
    const { items } = await scanDataset(${JSON.stringify(folder)}, { onProgress });
    const sorted = items.every(({ name }, i) => i === 0 || items[i - 1].name < name);
    const peakMb = process.resourceUsage().maxRSS / 1024;
    console.log(JSON.stringify({ found: items.length, reports, last, sorted, peakMb }));`)) as Record<string, number>;
  expect({ found, reports, last, sorted }).toEqual({ found: count, reports: 201, last: count, sorted: true });
  // Node itself takes 70 MB; a million files, tried by hand, take 570 MB and 12 s.
  expect(peakMb).toBeLessThan(300);
}, 120_000);

it("case 29: hidden files, junk and our own outputs are counted and never looked at", async () => {
  const folder = temporaryFolder();
  const image = await jpeg(1);
  for (const name of ["a/1.jpg", "a/deep/er/2.JPG", "b/3.jpeg", "b/x.metrics/4.jpg"]) put(folder, name, image);
  const junk = [
    ".DS_Store",
    "a/.DS_Store",
    "a/._1.jpg",
    ".ipynb_checkpoints/1.jpg",
    "a/.ipynb_checkpoints/1.jpg",
    "Thumbs.db",
    "b/Thumbs.db",
    "__MACOSX/a/1.jpg",
    "desktop.ini",
    "a/notes.txt",
  ];
  const ours = [
    "photos.report.html",
    "metrics.json",
    "runs/2026-11-24-0001/model.onnx",
    "out/metrics.json",
    "out/model.onnx",
    "out/1.jpg",
  ];
  for (const name of [...junk, ...ours]) put(folder, name, image);
  const dataset = await scanDataset(folder);
  expect(names(dataset)).toEqual(["a/1.jpg", "a/deep/er/2.JPG", "b/3.jpeg", "b/x.metrics/4.jpg"]);
  expect(dataset.classes).toEqual(["a", "b"]);
  expect(dataset.skipped).toEqual([]);
  expect(dataset.ignored).toBeGreaterThanOrEqual(junk.length);
  expect(dataset.ignoredExamples.length).toBeLessThanOrEqual(5);
});

it("case 29: a class that is called runs, or train, is a class", async () => {
  const folder = temporaryFolder();
  for (const name of ["runs/1.jpg", "drips/1.jpg", "train/1.jpg"]) put(folder, name, await jpeg(1));
  expect((await scanDataset(folder)).classes).toEqual(["drips", "runs", "train"]);
});

describe("case 30: names", () => {
  const rough = [
    Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x6a, 0x70, 0x67]),
    Buffer.from("caf\u00e9.jpg"),
    Buffer.from("cafe\u0301.jpg"),
    Buffer.from("👩‍🔧🔩.jpg"),
    Buffer.from("evil\u202egpj.exe.jpg"),
    Buffer.from(`${"n".repeat(251)}.jpg`),
    Buffer.from("trailing space.jpg "),
    Buffer.from("trailing dot.jpg."),
    Buffer.from("CON.jpg"),
    Buffer.from("new\nline\t.jpg"),
    Buffer.from("a:colon*?.jpg"),
    Buffer.from("back\\slash\\x41.jpg"),
    Buffer.from("-rf --.jpg"),
    Buffer.from("__proto__.jpg"),
  ];

  it("round-trip byte for byte through display and manifest", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a"));
    const image = await jpeg(1);
    for (const name of rough) writeFileSync(Buffer.concat([Buffer.from(`${folder}/a/`), name]), image);
    const dataset = await scanDataset(folder);
    const found = dataset.items.map(({ path }) => path.subarray(Buffer.byteLength(folder) + 3).toString("hex"));
    expect(found.sort()).toEqual(rough.map((name) => name.toString("hex")).sort());
    for (const item of dataset.items) {
      expect(item.name).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      expect((await readItem(item)).bytes.equals(image)).toBe(true);
    }
    const manifest = put(folder, "list.jsonl", [...manifestLines(dataset.items)].join("\n"));
    expect((await scanDataset(manifest)).items).toEqual(dataset.items);
  });

  it("are escaped reversibly, whatever the bytes", () => {
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(Array.from({ length: 12 }, (_, k) => (i * 31 + k * k * 17 + (i >> 3) * k) % 255 || 1));
      expect(unescapeName(escapeName(bytes))!.equals(bytes)).toBe(true);
    }
    for (const name of ["plain.jpg", "über/été 1.jpg", "👩‍🔧.png"]) expect(escapeName(Buffer.from(name))).toBe(name);
    expect(unescapeName("a\\q")).toBeNull();
  });
});

it("case 31: classes that differ in case or accents are kept apart and warned of", async () => {
  const folder = temporaryFolder();
  for (const name of ["Cat", "cat", "dog", "caf\u00e9", "cafe\u0301"]) put(folder, `${name}/1.jpg`, await jpeg(1));
  const { classes, warnings } = await scanDataset(folder);
  expect(classes).toEqual(["Cat", "cafe\u0301", "caf\u00e9", "cat", "dog"].sort());
  expect(warnings.map(({ code }) => code)).toEqual(["W_CLASS_TWINS", "W_CLASS_TWINS"]);
  expect(warnings.map(({ message }) => message).join()).toContain('"Cat" and "cat"');
});

describe("case 32: what is no plain file", () => {
  it("is skipped with the reason and never blocks", async () => {
    const folder = temporaryFolder();
    const outside = temporaryFolder();
    const image = await jpeg(1);
    put(folder, "a/1.jpg", image);
    put(outside, "2.jpg", image);
    mkdirSync(join(folder, "b"));
    execFileSync("mkfifo", [join(folder, "b/pipe.jpg")]);
    const server = createServer().listen(join(folder, "b/socket.jpg"));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const links = {
      "b/in.jpg": "../a/1.jpg",
      "b/out.jpg": join(outside, "2.jpg"),
      "b/folder": outside,
      "b/loop": "../b",
      "b/self.jpg": "self.jpg",
      "b/gone.jpg": "nowhere.jpg",
      "b/zero.jpg": "/dev/zero",
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    const dataset = await scanDataset(folder);
    expect(names(dataset)).toEqual(["a/1.jpg"]);
    expect(dataset.skipped.map(({ name, code }) => [name, code])).toEqual([
      ["b/folder", "E_LINK_OUTSIDE"],
      ["b/gone.jpg", "E_LINK_BROKEN"],
      ["b/in.jpg", "E_LINK"],
      ["b/loop", "E_LINK_LOOP"],
      ["b/out.jpg", "E_LINK_OUTSIDE"],
      ["b/pipe.jpg", "E_FILE_KIND"],
      ["b/self.jpg", "E_LINK_LOOP"],
      ["b/socket.jpg", "E_FILE_KIND"],
      ["b/zero.jpg", "E_LINK_OUTSIDE"],
    ]);
    expect(dataset.skipped.find(({ name }) => name === "b/pipe.jpg")!.reason).toBe("a named pipe, not a file");
  }, 10_000);

  it("does not block where a file becomes a pipe after the scan, or is named by hand", async () => {
    const folder = temporaryFolder();
    put(folder, "a/1.jpg", await jpeg(1));
    put(folder, "a/2.jpg", await jpeg(2));
    const dataset = await scanDataset(folder);
    rmSync(join(folder, "a/1.jpg"));
    execFileSync("mkfifo", [join(folder, "a/1.jpg")]);
    const { unreadable } = await auditDataset(dataset);
    expect(unreadable.map(({ name, code }) => [name, code])).toEqual([["a/1.jpg", "E_FILE_KIND"]]);
    expect((await failure(readItem({ path: Buffer.from("/dev/zero"), name: "zero" }))).code).toBe("E_FILE_KIND");
  }, 10_000);

  it("names files and folders that may not be read", async () => {
    const folder = temporaryFolder();
    put(folder, "a/1.jpg", await jpeg(1));
    put(folder, "a/secret.jpg", await jpeg(2));
    put(folder, "closed/3.jpg", await jpeg(3));
    execFileSync("chmod", ["000", join(folder, "a/secret.jpg"), join(folder, "closed")]);
    execFileSync("chmod", ["755", folder, join(folder, "a")]);
    onTestFinished(() => void execFileSync("chmod", ["755", join(folder, "closed")]));
    // The administrator may read everything, so the child gives that up first.
    const skipped = await inChild(`
      import { scanDataset } from "data:scan.ts";
      if (process.getuid() === 0) process.setuid(65534);
      console.log(JSON.stringify((await scanDataset(${JSON.stringify(folder)})).skipped));`);
    expect(skipped).toEqual([
      { name: "a/secret.jpg", code: "E_FILE_PERMISSION", reason: "no permission to read it" },
      { name: "closed", code: "E_FILE_PERMISSION", reason: "no permission to open the folder" },
    ]);
  });
});

describe("paths that are no data set", () => {
  it("say what was seen and show the expected tree", async () => {
    const folder = temporaryFolder();
    put(folder, "photos/notes.txt", "");
    put(folder, "photos/empty/notes.txt", "");
    put(folder, "data.yaml", "");
    put(folder, "photos.zip", "");
    put(folder, "one.jpg", "");
    const cases = {
      photo: ["E_PATH", /found nothing there/, /Did you mean .*photos\?/],
      "data.yaml": ["E_PATH", /a YAML file, which other tools use/, /one folder per class/],
      "photos.zip": ["E_PATH", /an archive: unpack it first/, /one folder per class/],
      "one.jpg": ["E_PATH", /got a single image/, /one folder per class/],
      photos: ["E_NO_IMAGES", /wanted images, saw 2 other files or folders \(/, /photos\/bolt\/1\.jpg/],
    } as const;
    for (const [name, [code, message, hint]] of Object.entries(cases)) {
      const error = await failure(scanDataset(join(folder, name)));
      expect([name, error.code]).toEqual([name, code]);
      expect(error.message).toMatch(message);
      expect(error.hint).toMatch(hint);
    }
  });

  it("a flat folder has images and no labels", async () => {
    const folder = temporaryFolder();
    for (const i of [3, 1, 2]) put(folder, `${i}.jpg`, await jpeg(i));
    mkdirSync(join(folder, "empty"));
    const { layout, classes, items, emptyClasses } = await scanDataset(folder);
    expect([layout, classes, emptyClasses]).toEqual(["flat", [], []]);
    expect(items.map(({ name, label }) => [name, label])).toEqual([
      ["1.jpg", null],
      ["2.jpg", null],
      ["3.jpg", null],
    ]);
  });
});

it("finds the classes of the real sets", async ({ skip }) => {
  const shared = join(import.meta.dirname, "../../../shared/data");
  if (!existsSync(shared)) skip("no ../shared/data here");
  const counts: Record<string, [string, number, number]> = {
    "neu-steel": ["folders", 6, 1770],
    flowers12: ["splits", 12, 960],
    "brain-mri": ["splits", 4, 457],
    "sign-digits": ["folders", 10, 2062],
  };
  for (const [name, [layout, classes, images]] of Object.entries(counts)) {
    const dataset = await scanDataset(join(shared, name));
    expect([name, dataset.layout, dataset.classes.length, dataset.items.length]).toEqual([
      name,
      layout,
      classes,
      images,
    ]);
    expect(readFileSync(dataset.items[0]!.path).length).toBeGreaterThan(0);
  }
  expect(readdirSync(shared).length).toBeGreaterThan(0);
});

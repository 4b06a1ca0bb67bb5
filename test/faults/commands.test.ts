import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { train } from "../../src/pipeline/train.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { blackPng, jpeg, picture, png, put, toSharp, webp } from "./data-fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-commands-"));
const handful = commandLine(folder);
const at = (...names: string[]): string => join(folder, ...names);
const CLASSES = ["bolt", "nut", "rivet"];

const secret = {
  IFD0: { Copyright: "SECRET-OWNER" },
  IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 0/1" },
};

/** Pictures that cost no drawing, all different, one colour a class. */
const cheap = (number: number, [r, g, b]: readonly [number, number, number]): Promise<Buffer> => {
  const random = createRandom(number);
  const data = Buffer.alloc(12 * 12 * 3);
  for (let i = 0; i < data.length; i++) data[i] = Math.max(0, Math.min(255, [r, g, b][i % 3]! + 60 * random.normal()));
  return sharp(data, { raw: { width: 12, height: 12, channels: 3 } })
    .resize(64, 64, { kernel: "nearest" })
    .jpeg()
    .toBuffer();
};

/** Class folders under `name`, `perClass` drawn pictures each, numbered from `first`. */
const draw = async (name: string, perClass: number, first = 0): Promise<void> => {
  for (const [c, label] of CLASSES.entries())
    for (let i = 0; i < perClass; i++)
      put(folder, `${name}/${label}/${first + i}.jpg`, await jpeg(4 * (first + i) + c));
};

interface Answers {
  readonly predictions: {
    readonly file: string;
    readonly label?: string;
    readonly probabilities?: { readonly probability: number }[];
    readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null };
  }[];
}

const predict = (...files: string[]): Answers["predictions"] =>
  (JSON.parse(handful(["predict", "model", ...files, "--json"]).out) as Answers).predictions;

beforeAll(async () => {
  for (const [c, label] of CLASSES.entries())
    for (let i = 0; i < 8; i++)
      put(
        folder,
        `photos/${label}/${i}.jpg`,
        await toSharp(picture(4 * i + c))
          .withExif(secret)
          .jpeg()
          .toBuffer(),
      );
  const { code, err } = handful(["train", "photos", "--out", "model"]);
  expect([code, err.includes("error")]).toEqual([0, false]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("cases 1, 3, 4, 6, 9, 15, 32: predict names each bad file and what to do, and answers the others", async () => {
  const whole = await jpeg(40);
  const files: Record<string, [bytes: string | Uint8Array, code: string | undefined]> = {
    "cut.jpg": [whole.subarray(0, whole.length / 2), "E_IMAGE_TRUNCATED"],
    "empty.jpg": ["", "E_IMAGE_EMPTY"],
    "page.jpg": ["<!DOCTYPE html><html>404</html>", "E_IMAGE_FORMAT"],
    "bomb.png": [await blackPng(50_000, 50_000, 1), "E_IMAGE_TOO_LARGE"],
    "drawing.svg": ['<svg xmlns="http://www.w3.org/2000/svg"/>', "E_IMAGE_FORMAT"],
    "scan.pdf": ["%PDF-1.7\n", "E_IMAGE_FORMAT"],
    "good.jpg": [whole, undefined],
    "a\nb\u202egpj.jpg": [whole, undefined],
  };
  for (const [name, [bytes]] of Object.entries(files)) put(folder, `new/${name}`, bytes);
  const names = Object.keys(files).map((name) => `new/${name}`);
  const answers = predict(...names, "new/nothing.jpg");
  expect(answers.map(({ file, error }) => [file, error?.code])).toEqual([
    ...Object.entries(files).map(([name, [, code]]) => [`new/${name}`, code]),
    ["new/nothing.jpg", "E_FILE_MISSING"],
  ]);
  for (const { error } of answers)
    if (error) expect([error.code, error.hint]).toEqual([error.code, expect.any(String)]);
  expect(answers.flatMap(({ label }) => label ?? [])).toHaveLength(2);

  const { code, out } = handful(["predict", "model", ...names, "new/nothing.jpg"]);
  expect(code).toBe(3);
  expect(out).toMatch(/^new\/cut\.jpg {2}cannot be read: .*cut off.*Copy or download the file again\.$/m);
  expect(out).toMatch(/^new\/page\.jpg {2}cannot be read: .*got an HTML page\. .*fetch it again\.$/m);
  expect(out).toMatch(/^new\/nothing\.jpg {2}cannot be read: no such file\. /m);
  expect(out).toContain("new/a\\u000ab\\u202egpj.jpg  ");
  expect(out).not.toMatch(/\u202e/);
});

it("predicts folders under the names by which they were given", async () => {
  for (const name of ["left", "right"]) put(folder, `${name}/bolt/1.jpg`, await jpeg(44));
  expect(predict("left/", "right").map(({ file }) => file)).toEqual(["left/bolt/1.jpg", "right/bolt/1.jpg"]);
});

it("predicts every picture of a folder, also those of a test folder's class that has no training photos", async () => {
  for (const [i, name] of ["train/bolt", "train/nut", "test/bolt", "test/anchor", "more"].entries())
    put(folder, `parted/${name}/1.jpg`, await jpeg(60 + i));
  put(folder, "parted/metadata.csv", "file_name,label\ntrain/bolt/1.jpg,bolt\n");
  const names = ["more/1.jpg", "test/anchor/1.jpg", "test/bolt/1.jpg", "train/bolt/1.jpg", "train/nut/1.jpg"];
  expect(predict("parted").map(({ file }) => file)).toEqual(names.map((name) => `parted/${name}`));
});

it("case 13: EXIF orientations 1 to 8 of one scene get the same prediction", async () => {
  const scene = await toSharp(picture(41)).extract({ left: 0, top: 0, width: 144, height: 100 }).png().toBuffer();
  const turn = async (file: Buffer, angle: number): Promise<Buffer> => sharp(file).rotate(angle).png().toBuffer();
  const mirror = async (file: Buffer): Promise<Buffer> => sharp(file).flop().png().toBuffer();
  // Each undoes the orientation it stands at.
  const stored = [
    scene,
    await mirror(scene),
    await turn(scene, 180),
    await mirror(await turn(scene, 180)),
    await mirror(await turn(scene, 90)),
    await turn(scene, 270),
    await mirror(await turn(scene, 270)),
    await turn(scene, 90),
  ];
  for (const [i, file] of stored.entries())
    put(
      folder,
      `scenes/${i + 1}.png`,
      await sharp(file)
        .withMetadata({ orientation: i + 1 })
        .png()
        .toBuffer(),
    );
  const rows = predict("scenes").map(({ probabilities }) => probabilities!.map(({ probability }) => probability));
  expect(rows).toHaveLength(8);
  for (const row of rows) row.forEach((p, c) => expect(Math.abs(p - rows[0]![c]!)).toBeLessThan(1e-4));
  put(folder, "turned/1.png", stored[5]!);
  const turned = predict("turned")[0]!.probabilities!;
  expect(Math.max(...turned.map(({ probability }, c) => Math.abs(probability - rows[0]![c]!)))).toBeGreaterThan(1e-4);
});

it("case 18: what the photos tell of place and owner is in none of the files a run writes", () => {
  expect(readFileSync(at("photos/bolt/0.jpg")).includes("SECRET-OWNER")).toBe(true);
  const report = readFileSync(at("model/report.html"), "latin1");
  const pictures = [...report.matchAll(/base64,([A-Za-z0-9+/=]+)/g)].map(([, text]) => Buffer.from(text!, "base64"));
  expect(pictures.length).toBeGreaterThan(5);
  const written = [...pictures, ...readdirSync(at("model")).map((name) => readFileSync(at("model", name)))];
  for (const bytes of written)
    for (const word of ["SECRET-OWNER", "GPSLatitude", "Exif\0"])
      expect([word, bytes.includes(word)]).toEqual([word, false]);
});

describe("case 19: a copy across train and test", () => {
  beforeAll(async () => {
    await draw("leaky/train", 6);
    await draw("leaky/test", 3, 20);
    cpSync(at("leaky/train/nut/0.jpg"), at("leaky/test/nut/copy.jpg"));
  });

  it("is reported by inspect with the pair, and --strict exits 3", () => {
    const { code, out } = handful(["inspect", "leaky"]);
    expect(code).toBe(0);
    expect(out).toContain("1 leak between training and test: train/nut/0.jpg = test/nut/copy.jpg");
    expect(handful(["inspect", "leaky", "--strict"]).code).toBe(3);
  });

  it("is moved to one side by train, which says so; --strict exits 3 naming it", () => {
    const moved =
      "1 test photo left out of the test, the same picture, scene or group is in training: test/nut/copy.jpg (as train/nut/0.jpg)";
    const { code, out, err } = handful(["train", "leaky", "--out", "leaky-out"]);
    expect(code).toBe(0);
    expect(err).toContain(`! ${moved}`);
    expect(out).toContain("(9 photos of the test folder)");
    const strict = handful(["train", "leaky", "--strict", "--json"]);
    expect(strict.code).toBe(3);
    const { error } = JSON.parse(strict.out) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe("E_STRICT");
    expect(error.message).toContain(moved);
    expect(error.hint).toContain("handful inspect");
    expect(readdirSync(at("runs"))).toEqual([]); // not even an empty run folder
  });
});

it("case 21: a picture with two labels is E_LABEL_CONFLICT with both paths, left out unless --on-conflict=keep", async () => {
  await draw("torn", 6);
  cpSync(at("torn/bolt/0.jpg"), at("torn/nut/same.jpg"));
  expect(handful(["inspect", "torn"]).out).toMatch(/E_LABEL_CONFLICT.*: bolt\/0\.jpg = nut\/same\.jpg/);
  const { code, err } = handful(["train", "torn", "--out", "torn-out"]);
  expect(code).toBe(0);
  expect(err).toMatch(/! E_LABEL_CONFLICT: 2 photos left out.*: bolt\/0\.jpg = nut\/same\.jpg/);
  expect(handful(["model", "show", "torn-out"]).out).toContain("bolt (5), nut (6), rivet (6)");
  const kept = handful(["train", "torn", "--out", "torn-kept", "--on-conflict=keep"]);
  expect([kept.code, kept.err.includes("E_LABEL_CONFLICT")]).toEqual([0, false]);
  expect(handful(["model", "show", "torn-kept"]).out).toContain("bolt (6), nut (7), rivet (6)");
  expect(handful(["train", "torn", "--on-conflict=kep"]).code).toBe(2);
});

it("case 22: one class is refused before a photo is read, and inspect says what is missing", () => {
  cpSync(at("photos/bolt"), at("one/bolt"), { recursive: true });
  const { code, err } = handful(["train", "one"]);
  expect(code).toBe(3);
  expect(err).toContain("(E_ONE_CLASS)");
  expect(err).not.toContain("Embedded");
  expect(handful(["inspect", "one"]).out).toMatch(/Next: add a folder of photos of something else/);
});

it("case 24: an empty class folder is named and is no class of the model", async () => {
  await draw("gap", 4);
  mkdirSync(at("gap/anchor"));
  expect(handful(["inspect", "gap"]).out).toMatch(/anchor +0 +empty folder, ignored/);
  const { code, err } = handful(["train", "gap", "--out", "gap-out"]);
  expect(code).toBe(0);
  expect(err).toContain("! no image in, so ignored: anchor");
  expect(handful(["model", "show", "gap-out"]).out).toContain("bolt (4), nut (4), rivet (4)\n");
});

it("case 25: eval maps classes by name, counts what the model does not know, and scores no missing class", async () => {
  await draw("other", 3, 30);
  rmSync(at("other/bolt"), { recursive: true });
  cpSync(at("other/nut"), at("other/anchor"), { recursive: true });
  const { code, out } = handful(["eval", "model", "other", "--json"]);
  expect(code).toBe(0);
  const score = JSON.parse(out) as { n: number; notes: string[]; perClass: { name: string; recall: number | null }[] };
  expect(score.n).toBe(6);
  expect(score.notes).toEqual(["3 photos of classes the model does not know were dropped"]);
  expect(score.perClass.map(({ name, recall }) => [name, recall === null])).toEqual([
    ["bolt", true],
    ["nut", false],
    ["rivet", false],
  ]);
  const none = handful(["eval", "model", "other/anchor"]);
  expect(none.code).toBe(3);
  expect(none.err).toContain("the photos carry no labels");
  expect(none.err).toContain("one folder a class, named like the model's: photos/bolt/1.jpg, photos/nut/2.jpg;");
  cpSync(at("other/anchor"), at("strange/anchor"), { recursive: true });
  expect(handful(["eval", "model", "strange"]).err).toContain("(E_NOTHING_TO_SCORE)");
});

it("case 28: a rare class is warned of, and balanced accuracy and recalls stand beside accuracy", async () => {
  for (let i = 0; i < 80; i++) put(folder, `uneven/common/${i}.jpg`, await cheap(i, [90, 90, 90]));
  for (let i = 0; i < 4; i++) put(folder, `uneven/rare/${i}.jpg`, await cheap(1000 + i, [96, 90, 90]));
  const { code, out, err } = handful(["train", "uneven", "--out", "uneven-out"]);
  expect(code).toBe(0);
  expect(err).toContain("classes are uneven: common has 80 images, rare 4; judge by balanced accuracy and by class");
  expect(out).toMatch(
    /^weights +balanced: in the head a photo of rare \(4 photos\) counts 10\.5, one of common \(80 photos\) 0\.525 /m,
  );
  const metrics = JSON.parse(readFileSync(at("uneven-out/metrics.json"), "utf8")) as { classWeights: unknown };
  expect(metrics.classWeights).toEqual({ how: "balanced", weights: [84 / 160, 84 / 8] });
  const [, accuracy, balanced] = /cross-val +(\d+\.\d) % +(\d+\.\d) %/.exec(out)!.map(Number);
  expect(accuracy).toBeGreaterThan(80);
  expect(balanced).toBeLessThan(accuracy!);
  expect(out).toMatch(/always saying the largest class: 95\.2 %/);
  expect(out).toMatch(/weakest +rare: recall \d+ % .* of 4/);
  const plain = handful(["train", "uneven", "--out", "uneven-plain", "--class-weights", "none"]);
  expect(plain.out).toMatch(/^weights +none: .*rare \(4 photos\) counts little beside common \(80 photos\)$/m);
});

describe("case 32: a pipe where a file should be", () => {
  it.each([
    ["a picture", ["predict", "model", "pipe.onnx"], 3],
    ["a model", ["predict", "pipe.onnx", "photos"], 4],
    ["photos", ["train", "pipe.onnx"], 3],
    ["a backbone", ["train", "photos", "--backbone", "pipe.onnx"], 6],
  ])("blocks nobody: %s", (_, args, code) => {
    if (!existsSync(at("pipe.onnx"))) execFileSync("mkfifo", [at("pipe.onnx")]);
    expect(handful(args).code).toBe(code);
  });
});

it("case 33: photos that change while a model is made of them are not taken for what they were", async () => {
  await draw("moving/train", 6);
  await draw("moving/test", 3, 20);
  const [changed, gone] = ["moving/test/bolt/20.jpg", "moving/train/bolt/0.jpg"];
  const result = await train({
    photos: at("moving"),
    out: at("model"),
    backbone: await resolveBackbone({ name: "handful-mini", env: {} }),
    head: "nearest-class-mean",
    seed: 0,
    cacheDir: null,
    keepConflicts: false,
    strict: false,
    now: new Date(0),
    version: "test",
    commandLine: "test",
    on: {
      embedded: () => {
        writeFileSync(at(changed), readFileSync(at("moving/test/nut/20.jpg")));
        writeFileSync(at(gone), readFileSync(at("moving/train/nut/0.jpg")));
      },
    },
  });
  expect(result.heldOut!.n).toBe(8);
  expect(readFileSync(at("model/report.html"), "utf8")).toContain("Of 1 image no picture could be made.");
});

it("case 34: a manifest with bad rows exits 3 with their line numbers, ten at most", async () => {
  await draw("listed", 1);
  const rows = Array.from({ length: 40 }, (_, i) => `listed/bolt/${i}.jpg,bolt`);
  writeFileSync(at("labels.csv"), ["\ufefffile_name,label", ...rows, "../outside.jpg,nut"].join("\r\n"));
  const { code, err } = handful(["train", "labels.csv"]);
  expect(code).toBe(3);
  expect(err).toContain("labels.csv: 40 rows cannot be used:");
  expect(err).toContain('  line 3: no file "listed/bolt/1.jpg"');
  expect(err.match(/^ {2}line \d+: /gm)).toHaveLength(10);
  expect(err).toContain("... and 30 more");
  expect(err).toContain("(E_MANIFEST)");
  for (const command of [["inspect"], ["eval", "model"]]) expect(handful([...command, "labels.csv"]).code).toBe(3);
});

it("predicts JPEG, PNG and WebP of a folder without classes", async () => {
  for (const [i, make] of [jpeg, png, webp].entries())
    put(folder, `flat/${i}`.concat([".jpg", ".png", ".webp"][i]!), await make(50 + i));
  expect((await scanDataset(at("flat"))).layout).toBe("flat");
  expect(predict("flat").map(({ label }) => typeof label)).toEqual(["string", "string", "string"]);
});

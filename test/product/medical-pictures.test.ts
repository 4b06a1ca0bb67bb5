import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { openEmbedded } from "../../src/pipeline/embed-photos.ts";
import { resolveBackbone } from "../../src/pipeline/resolve-backbone.ts";
import { selectPhotos } from "../../src/pipeline/select-photos.ts";
import { commandLine, type Ran } from "../fixtures/command-line.ts";
import { dicomFile, SYNTAX } from "../fixtures/medical.ts";

const PATIENTS = 6;
const SIDE = 48;

/** What must never be seen again. */
const planted = (patient: number) => ({
  PatientName: `QUUXBURY^ZEBEDIAH${patient}`,
  PatientID: `PID-7731-${patient}-XYLO`,
  PatientBirthDate: "19310203",
  AccessionNumber: "ACC998877",
  StudyDate: "20240229",
  InstitutionName: "PLANTED HOSPITAL",
  ReferringPhysicianName: "FROBISHER^WINIFRED",
  PatientComments: "COMMENTARIUS",
});

const SECRETS = [
  "QUUXBURY",
  "ZEBEDIAH",
  "PID-7731",
  "XYLO",
  "19310203",
  "ACC998877",
  "20240229",
  "PLANTED HOSPITAL",
  "FROBISHER",
  "COMMENTARIUS",
  "1.2.826.0.1.999",
  ...Array.from({ length: PATIENTS }, (_, p) => `PID-7731-${p}-XYLO`).flatMap((id) =>
    (["hex", "base64"] as const).map((form) => createHash("sha256").update(id).digest(form)),
  ),
];

/** Stripes across or upright behind discs of any size, in Hounsfield units. */
const picture = (kind: number, key: string): Uint16Array => {
  const random = createRandom(key);
  const [phase, period, height] = [random.integer(8), 4 + random.integer(8), 60 + random.integer(200)];
  const discs = Array.from({ length: 4 }, () => ({
    x: random.integer(SIDE),
    y: random.integer(SIDE),
    radius: 3 + random.integer(12),
    level: random.integer(300) - 100,
  }));
  return Uint16Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const disc = discs.find((d) => Math.hypot(d.x - x, d.y - y) < d.radius);
    const stripe = ((kind === 0 ? x : y) + phase) % period < period / 2 ? height : 0;
    return 1024 + (disc ? disc.level : stripe) + random.integer(60);
  });
};

const put = (folder: string, name: string, bytes: Uint8Array): void => {
  mkdirSync(join(folder, dirname(name)), { recursive: true });
  writeFileSync(join(folder, name), bytes);
};

const series = (patient: number, kind: number, number: number, tags = {}): Buffer =>
  dicomFile([SIDE, SIDE], [picture(kind, `${patient}/${kind}/${number}`)], {
    ...planted(patient),
    StudyInstanceUID: `1.2.826.0.1.999.${patient}.${number}`,
    SeriesInstanceUID: `1.2.826.0.1.999.${patient}.${number}.${kind}`,
    RescaleSlope: "1",
    RescaleIntercept: "-1024",
    WindowCenter: "100",
    WindowWidth: "400",
    ...tags,
  });

const folder = mkdtempSync(join(tmpdir(), "handful-medical-"));
const photos = join(folder, "scans");
const handful = commandLine(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  for (let patient = 0; patient < PATIENTS; patient++)
    for (const kind of [0, 1])
      for (const number of [0, 1])
        // as scanners name them: without a suffix, or with a number for one
        put(
          photos,
          `${kind === 0 ? "upright" : "across"}/IM${patient}${number}.${number}`,
          series(patient, kind, number),
        );
  const whole = series(0, 0, 7);
  put(photos, "upright/cut.dcm", whole.subarray(0, whole.length - 100));
  put(photos, "upright/packed.dcm", dicomFile([2, 2], [new Uint16Array(4)], planted(1), SYNTAX.jpegLs));
  put(photos, "upright/DICOMDIR", whole);
});

const everyFile = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

const secretsIn = (bytes: Buffer): string[] =>
  SECRETS.filter((secret) =>
    [
      Buffer.from(secret),
      Buffer.from(secret, "utf16le"),
      Buffer.from(Buffer.from(secret).toString("base64").slice(0, -3)),
    ].some((form) => bytes.includes(form)),
  );

describe("a model of DICOM pictures", () => {
  let ran: Ran;
  beforeAll(() => {
    ran = handful(["train", "scans", "--out", "model", "--debug", "--window", "-50,300"]);
  });

  it("is trained, with what cannot be read named", () => {
    expect(ran.code, ran.err).toBe(0);
    expect(ran.err).toContain("26 images, 2 classes");
    expect(ran.err).toMatch(/upright\/cut\.dcm \(wanted a whole image/);
    expect(ran.err).toContain("JPEG-LS");
  });

  it("counts every patient once: both series of both kinds are one group", () => {
    const { evidence } = JSON.parse(readFileSync(join(folder, "model/metrics.json"), "utf8")) as {
      evidence: { images: number; groups: number };
    };
    expect(evidence).toMatchObject({ images: 4 * PATIENTS, groups: PATIENTS });
  });

  it("leaves nothing of a patient in any file, nor in what is printed", () => {
    const inspected = handful(["inspect", "scans", "--json", "--debug"]);
    const asked = handful(["predict", "model", "scans/across/IM00.0", "scans/upright/cut.dcm", "--json", "--debug"]);
    expect(asked.code).toBe(3);
    for (const { out, err } of [ran, inspected, asked]) expect(secretsIn(Buffer.from(out + err))).toEqual([]);
    const written = everyFile(folder).filter((path) => !path.startsWith(photos));
    expect(
      written.map((path) => path.slice(folder.length + 1)).filter((path) => path.startsWith("model/")),
    ).toHaveLength(3);
    expect(written.some((path) => path.startsWith(join(folder, "cache")))).toBe(true);
    for (const path of written) expect([path, secretsIn(readFileSync(path))]).toEqual([path, []]);
    // the net is one that catches: the files themselves are full of it
    expect(secretsIn(readFileSync(join(photos, "across/IM00.0")))).toContain("QUUXBURY");
  });

  it("carries its window, so that predict sees what it was trained on", () => {
    const shown = JSON.parse(handful(["model", "show", "model", "--json"]).out) as Record<string, unknown>;
    expect(JSON.stringify(shown)).toContain('"window":{"low":-50,"high":300}');
    const { out } = handful(["predict", "model", "scans/across/IM00.0", "--json"]);
    const { predictions } = JSON.parse(out) as {
      predictions: { likeliest: string; nearest: { similarity: number }[] }[];
    };
    expect(predictions[0]!.likeliest).toBe("across");
    expect(predictions[0]!.nearest[0]!.similarity).toBeGreaterThan(0.999);
  });
});

describe("patients", () => {
  it("in training are left out of the test, whatever series it is", async () => {
    const root = join(folder, "split");
    for (let patient = 0; patient < 4; patient++)
      for (const kind of [0, 1]) {
        const name = kind === 0 ? "upright" : "across";
        put(root, `train/${name}/${patient}.dcm`, series(patient, kind, 0));
        put(root, `test/${name}/${patient}.dcm`, series(patient < 2 ? patient : patient + 2, kind, 1));
      }
    const dataset = await scanDataset(root);
    const { backbone, embedded } = await openEmbedded(dataset, {
      backbone: await resolveBackbone({ name: "handful-mini", env: {} }),
      threads: 1,
      cacheDir: null,
    });
    await backbone.close();
    const { training, heldOut, notes } = selectPhotos(dataset, embedded, { keepConflicts: false });
    expect(training.items).toHaveLength(8);
    expect(new Set(training.groups).size).toBe(4);
    expect(heldOut!.items.map((item) => dataset.items[item]!.name)).toEqual([
      "test/across/2.dcm",
      "test/across/3.dcm",
      "test/upright/2.dcm",
      "test/upright/3.dcm",
    ]);
    expect(notes.join()).toContain("4 test photos left out of the test");
    expect(embedded.audit.warnings.map(({ code }) => code)).toContain("W_PATIENT_SPLIT");
  });
});

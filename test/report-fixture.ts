import type { Audit } from "../src/data/audit.ts";
import type { DataSet, Item } from "../src/data/dataset.ts";
import { createRandom, type Random } from "../src/base/random.ts";
import { argmax } from "../src/base/matrix.ts";
import type { Evidence, OutOfFold } from "../src/evaluate/evidence.ts";
import type { ReportInput } from "../src/report/input.ts";
import { wilson } from "../src/evaluate/intervals.ts";

/** Names of classes and files that try to be more than names. */
export const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(2)</script>",
  "{{7*7}}${7*7}",
  "\u202egpj.exe\u2066",
  "__proto__",
  "",
  "x".repeat(10_000),
  `" onfocus="alert(3)" '`,
  "constructor",
  "=cmd|' /C calc'!A0",
  "nul\0byte",
  "<!--",
  "{a|rich}\n{b}",
  "https://evil.example/x.png",
];

/** What a made report is to be about. */
export interface Made {
  readonly classes: readonly string[];
  /** File name, label and bytes of every image. */
  readonly images: readonly { readonly name: string; readonly label: number }[];
  readonly thumbnail: ReportInput["thumbnail"];
  readonly seed?: number;
  /** Keep the probabilities of an image to its two likeliest classes: for very many classes. */
  readonly sparse?: boolean;
}

const softmax = (scores: readonly number[]): number[] => {
  const top = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - top));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / sum);
};

const itemOf = ({ name, label }: Made["images"][number], classes: readonly string[]): Item => ({
  path: Buffer.from(name),
  name,
  label: classes[label] ?? null,
  split: null,
  group: null,
});

/** Made-up judgements: right nine times in ten, wrong ones mostly the class beside. */
const judgements = ({ classes, images, sparse }: Made, random: Random): OutOfFold[] => {
  const shared = classes.map(() => 0);
  return images.map(({ label }) => {
    const beside = random.uniform() < 0.7 ? label ^ 1 : random.integer(classes.length);
    const other = beside < classes.length ? beside : 0;
    if (sparse) {
      const predicted = random.uniform() < 0.5 ? label : random.integer(classes.length);
      return { label, predicted, votes: [predicted], probabilities: shared, unknownScore: random.uniform() };
    }
    const scores = classes.map((_, i) => random.normal() * 0.8 + (i === label ? 4.2 : i === other ? 1.8 : 0));
    if (random.uniform() < 0.03) scores[other]! += 5;
    const probabilities = softmax(scores);
    const predicted = argmax(probabilities);
    return { label, predicted, votes: [predicted, predicted], probabilities, unknownScore: random.uniform() };
  });
};

const confusionOf = (judged: readonly OutOfFold[], classes: number): number[][] => {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { label, predicted } of judged) confusion[label]![predicted]!++;
  return confusion;
};

const binsOf = (judged: readonly OutOfFold[]): NonNullable<Evidence["calibration"]>["bins"] =>
  Array.from({ length: 10 }, (_, i) => {
    const low = i / 10;
    const high = (i + 1) / 10;
    const inside = judged.filter(({ probabilities, predicted }) => {
      const p = probabilities[predicted]!;
      return p > low && p <= high;
    });
    const mean = (values: readonly number[]): number | null =>
      values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
    return {
      low,
      high,
      images: inside.length,
      confidence: mean(inside.map(({ probabilities, predicted }) => probabilities[predicted]!)),
      accuracy: mean(inside.map(({ label, predicted }) => (label === predicted ? 1 : 0))),
    };
  });

const classEvidence = (judged: readonly OutOfFold[], classes: readonly string[]): Evidence["classes"] => {
  const all = new Int32Array(classes.length);
  const right = new Int32Array(classes.length);
  const taken = new Int32Array(classes.length);
  const missed: Map<number, number>[] = classes.map(() => new Map<number, number>());
  for (const { label, predicted } of judged) {
    all[label]!++;
    taken[predicted]!++;
    if (label === predicted) right[label]!++;
    else missed[label]!.set(predicted, (missed[label]!.get(predicted) ?? 0) + 1);
  }
  return classes.map((name, i) => ({
    name,
    images: all[i]!,
    recall: { value: right[i]! / all[i]!, interval: wilson(right[i]!, all[i]!) },
    precision: taken[i]! > 0 ? right[i]! / taken[i]! : null,
    mostlyTakenFor: [...missed[i]!].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null,
  }));
};

const HEADS = [
  ["ridge (lambda 0.1)", 0.912],
  ["multinomial logistic regression (C 1)", 0.917],
  ["LDA with Ledoit–Wolf shrinkage", 0.915],
  ["nearest class mean, cosine", 0.887],
  ["SimpleShot (CL2N)", 0.893],
  ["5 nearest neighbours", 0.871],
] as const;

const SELECTION: Evidence["selection"] = {
  method: "ridge",
  options: { lambda: 0.1 },
  score: "mean log loss over folds, lower is better",
  text: "ridge (lambda 0.1): the simplest within one standard error of the best.",
  candidates: HEADS.map(([text, accuracy], i) => ({
    method: text,
    options: {},
    text,
    score: 0.31 + 0.03 * i,
    standardError: 0.021,
    accuracy,
    chosen: i === 0,
  })),
};

const learningCurve = (perClass: number, accuracy: number): NonNullable<Evidence["learningCurve"]> => {
  const at = (imagesPerClass: number, factor: number) => {
    const value = 1 - (1 - accuracy) * (perClass / imagesPerClass) ** 0.45;
    const half = 0.02 + 0.03 * factor;
    return {
      imagesPerClass,
      images: imagesPerClass * 12,
      accuracy: { value, interval: { low: value - half, high: Math.min(1, value + half) } },
    };
  };
  return {
    measured: [2, 5, 10, 20, perClass].filter((n) => n <= perClass).map((n) => at(n, 1)),
    forecast: [2, 5].map((factor) => ({ ...at(perClass * factor, factor / 2), factor })),
    text: "Twice the images would bring about 2 points, five times about 4; labels may need a look first.",
  };
};

/** Evidence as the evaluation would give it, made from seeded numbers. */
export const madeEvidence = (made: Made): Evidence => {
  const judged = judgements(made, createRandom(made.seed ?? 1));
  const right = judged.filter(({ label, predicted }) => label === predicted).length;
  const accuracy = right / judged.length;
  return {
    images: judged.length,
    groups: judged.length - 3,
    classes: classEvidence(judged, made.classes),
    protocol: {
      kind: "k-fold",
      folds: 10,
      repeats: 5,
      text: "10-fold cross-validation, repeated 5 times, selection nested inside",
      intervalText: "corrected resampled t (Nadeau and Bengio 2003)",
    },
    accuracy: { value: accuracy, interval: wilson(right, judged.length) },
    balancedAccuracy: { value: accuracy - 0.004, interval: wilson(right, judged.length) },
    cannotEstimate: null,
    majorityBaseline: 1 / made.classes.length,
    confusion: made.sparse ? null : confusionOf(judged, made.classes.length),
    outOfFold: judged,
    selection: SELECTION,
    calibration: { temperature: 0.83, expectedCalibrationError: 0.021, bins: binsOf(judged) },
    conformal: { level: 0.9, threshold: 0.08, coverage: 0.912, meanSetSize: 1.21 },
    unknown: {
      threshold: 0.3712,
      text: "Mahalanobis distance to the nearest class, covariance shared",
      falseReject: 0.05,
      falseAccept: 0.34,
      auroc: 0.871,
      falseAcceptByClass: made.classes.map((_, i) => (i % 7) / 10),
    },
    learningCurve: learningCurve(40, accuracy),
    warnings: [],
  };
};

/** The same where every class has one image: nothing can be estimated. */
export const withoutEstimate = (evidence: Evidence): Evidence => ({
  ...evidence,
  classes: evidence.classes.map((one) => ({ ...one, images: 1, recall: null, precision: null, mostlyTakenFor: null })),
  protocol: { kind: "none", folds: 0, repeats: 0, text: "not estimated", intervalText: "none" },
  accuracy: null,
  balancedAccuracy: null,
  cannotEstimate: "every class has one image, so none is left to test on",
  confusion: null,
  outOfFold: null,
  calibration: null,
  conformal: null,
  unknown: null,
  learningCurve: null,
});

const madeAudit = (made: Made): Audit => ({
  facts: made.images.map((_, i) => ({
    format: "jpeg",
    width: 224 + 16 * (i % 40),
    height: 224 + 12 * (i % 25),
    frames: 1,
    sha256: i.toString(16).padStart(64, "0"),
    sizeBytes: 20000 + i,
    fingerprint: new Uint8Array(8),
  })),
  owners: new Int32Array(0),
  unreadable: [
    {
      index: 3,
      name: "daisy/broken.jpg",
      code: "E_IMAGE_TRUNCATED",
      reason: "cut off: the file ends inside the picture",
    },
    { index: 4, name: "daisy/page.jpg", code: "E_IMAGE_NOT", reason: "an HTML page, not an image" },
  ],
  classes: made.classes.map((name, i) => ({ name, images: made.images.filter((one) => one.label === i).length })),
  exactDuplicates: [[0, 1, 2]],
  nearDuplicates: [
    { a: 5, b: 6, similarity: 0.98 },
    { a: 7, b: 8, similarity: 0.96 },
  ],
  conflicts: [],
  leaks: [{ a: 1, b: 9, similarity: 0.99 }],
  oddSizes: [{ index: 2, reason: "12 × 900 pixels" }],
  warnings: [],
});

const RUN: ReportInput["run"] = {
  command: "handful train ./garden --backbone mobilenet_v2_1.0_224",
  seed: 0,
  finishedAt: "2026-11-24T10:02:11Z",
  seconds: 41.2,
  stages: [
    { name: "reading", seconds: 3.1 },
    { name: "embedding", seconds: 24.7 },
    { name: "choosing a head", seconds: 9.4 },
  ],
  machine: "Linux x64, 2 cores, 8 GB",
  versions: [
    ["Handful", "0.1.0"],
    ["ONNX Runtime", "1.30.0"],
    ["Node", "24.21.0"],
  ],
  hashes: [
    ["Photos", "9f2c6d1e0b7a4c55".repeat(4)],
    ["Backbone", "4b1de2a6f0c39d77".repeat(4)],
  ],
};

/** A whole input, made from seeded numbers around the given images. */
export const madeInput = (made: Made): ReportInput => {
  const random = createRandom("map");
  const count = made.images.length;
  const centres = made.classes.map(() => [random.normal() * 4, random.normal() * 4] as const);
  const place = (axis: 0 | 1): number[] => made.images.map(({ label }) => centres[label]![axis] + random.normal());
  const dataset: DataSet = {
    root: "/photos/garden",
    layout: "folders",
    classes: made.classes,
    items: made.images.map((image) => itemOf(image, made.classes)),
    emptyClasses: [],
    skipped: [],
    ignored: 0,
    ignoredExamples: [],
    warnings: [],
  };
  return {
    title: "garden",
    dataset,
    audit: made.sparse ? { ...madeAudit({ ...made, images: [] }), facts: [], classes: [] } : madeAudit(made),
    evidence: madeEvidence(made),
    items: Int32Array.from(made.images, (_, i) => i),
    backbone: {
      name: "mobilenet_v2_1.0_224",
      text: "pretrained on ImageNet, Apache-2.0, 14 MB, frozen",
    },
    nearest: (row, wanted) =>
      Array.from({ length: wanted }, (_, i) => ({ row: (row + 7 * (i + 1)) % count, similarity: 0.91 - 0.03 * i })),
    map: { x: place(0), y: place(1), text: "Principal components 1 and 2 of the features, 31 % of their variance" },
    thumbnail: made.thumbnail,
    run: RUN,
  };
};

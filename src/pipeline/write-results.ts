import { createHash } from "node:crypto";
import { join } from "node:path";
import { HandfulError } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import type { DataSet } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { showable } from "../data/showable.ts";
import type { Evidence } from "../evaluate/evidence.ts";
import type { RunFacts } from "../report/input.ts";
import { renderReport } from "../report/render-report.ts";
import { runtimeVersion } from "../runtime/node.ts";
import type { Backbone } from "./backbone.ts";
import type { Embedded } from "./embed.ts";
import { embeddingMap } from "./embedding-map.ts";
import type { AugmentationFacts } from "./learning-arms.ts";
import { looksOf } from "./looks.ts";
import { machineText } from "./machine.ts";
import { nearestRows } from "./nearest-rows.ts";
import { writeWhole } from "./run-folder.ts";
import type { Score } from "./score.ts";
import { datasetVersion, versionKept, type SelectedPhotos } from "./select-photos.ts";
import { describeSynthetic, type SyntheticFacts } from "./synthetic-pictures.ts";
import type { UnlabelledFacts } from "./unlabelled-photos.ts";

export interface RunResults {
  readonly out: string;
  readonly title: string;
  readonly dataset: DataSet;
  readonly embedded: Embedded;
  readonly selected: SelectedPhotos;
  readonly evidence: Evidence;
  /** How much a photo of each class counted, by class. */
  readonly weighting: { readonly how: string; readonly weights: readonly number[] };
  readonly synthetic: SyntheticFacts | null;
  readonly augmentation: AugmentationFacts | null;
  readonly unlabelled: UnlabelledFacts | null;
  readonly heldOut: Score | null;
  readonly backbone: Backbone;
  readonly model: Uint8Array;
  readonly notes: readonly string[];
  readonly seed: number;
  readonly version: string;
  readonly commandLine: string;
  readonly finishedAt: Date;
  readonly seconds: number;
  readonly stages: RunFacts["stages"];
}

const runFacts = (r: RunResults): RunFacts => ({
  command: r.commandLine,
  seed: r.seed,
  finishedAt: r.finishedAt.toISOString(),
  seconds: r.seconds,
  stages: r.stages,
  machine: machineText(),
  ...(r.synthetic && { made: [describeSynthetic(r.synthetic)] }),
  versions: [
    ["handful", r.version],
    ["ONNX Runtime", runtimeVersion()],
    ["Node.js", process.versions.node],
  ],
  hashes: [
    ["photos", datasetVersion(r.dataset, r.embedded)],
    ...(r.synthetic ? [["made pictures", r.synthetic.version] as const] : []),
    ["backbone", r.backbone.resolved.sha256],
    ["model.onnx", createHash("sha256").update(r.model).digest("hex")],
  ],
});

const metricsOf = (r: RunResults): unknown => ({
  format: 1,
  title: r.title,
  classes: r.evidence.classes.map((c) => c.name),
  evidence: r.evidence,
  classWeights: r.weighting,
  synthetic: r.synthetic,
  augmentation: r.augmentation,
  unlabelled: r.unlabelled,
  heldOut: r.heldOut,
  dataset: {
    version: datasetVersion(r.dataset, r.embedded),
    kept: versionKept(r.dataset, r.embedded).version !== null,
  },
  backbone: {
    name: r.backbone.resolved.name,
    source: r.backbone.resolved.source,
    sha256: r.backbone.resolved.sha256,
    features: r.backbone.found,
  },
  images: r.selected.training.items.map((item) => r.dataset.items[item]!.name),
  notes: r.notes,
  run: runFacts(r),
});

const thumbnail = async ({ dataset, embedded, backbone }: RunResults, item: number): Promise<Buffer | null> => {
  try {
    const { bytes } = await readItem(dataset.items[item]!, embedded.audit.facts[item]?.sha256);
    return await showable(bytes, backbone.preprocess.window);
  } catch (thrown) {
    if (thrown instanceof HandfulError) return null; // gone or changed since it was embedded: the report shows a gap
    throw thrown;
  }
};

/** Writes `metrics.json` and `report.html` beside the model. */
export const writeResults = async (r: RunResults): Promise<void> => {
  await writeWhole(join(r.out, "metrics.json"), `${JSON.stringify(metricsOf(r), null, 1)}\n`);
  const { training } = r.selected;
  const page = await renderReport({
    title: r.title,
    dataset: r.dataset,
    audit: r.embedded.audit,
    evidence: r.evidence,
    items: training.items,
    backbone: { name: r.backbone.resolved.name, text: r.backbone.resolved.describe },
    nearest: nearestRows(training.features, training.groups),
    map: embeddingMap(training.features, createRandom(r.seed)),
    looks: r.evidence.outOfFold && (await looksOf(r, training.items, r.evidence.outOfFold)),
    thumbnail: (item) => thumbnail(r, item),
    run: runFacts(r),
    notes: r.unlabelled ? [...r.notes, r.unlabelled.text] : r.notes,
    ...(r.heldOut && {
      heldOut: {
        accuracy: { value: r.heldOut.accuracy, interval: r.heldOut.interval },
        images: r.heldOut.n,
        text: "photos of the test folder, asked through the written model.onnx",
      },
    }),
  });
  await writeWhole(join(r.out, "report.html"), page);
};

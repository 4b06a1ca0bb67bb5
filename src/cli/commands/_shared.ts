import { resolve } from "node:path";
import type { Model } from "../../artifact/load.ts";
import { optionError } from "../../base/errors.ts";
import type { IntensityWindow } from "../../base/preprocess.ts";
import { weakestFirst, type Evidence } from "../../evaluate/evidence.ts";
import type { PreprocessOverrides } from "../../pipeline/backbone-settings.ts";
import type { ResolvedBackbone } from "../../pipeline/resolve-backbone.ts";
import type { TrainOptions, TrainResult } from "../../pipeline/train.ts";
import type { Context } from "../command.ts";
import { count, firstOf, percent, percentRange, printable } from "../format.ts";

type Options = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The intensity window asked for. */
export const windowAsked = ({ window, windowLevel }: Options): IntensityWindow | undefined => {
  if (window !== undefined && windowLevel !== undefined)
    throw optionError("--window and --window-level say the same thing", { hint: "Give one of them." });
  return (window ?? windowLevel) as IntensityWindow | undefined;
};

/** How pictures are to be prepared, as far as flags say so. */
export const overridesOf = (options: Options): PreprocessOverrides => {
  const window = windowAsked(options);
  return {
    ...(typeof options.imageSize === "number" && { size: options.imageSize }),
    ...(Array.isArray(options.mean) && { mean: options.mean as unknown as [number, number, number] }),
    ...(Array.isArray(options.std) && { std: options.std as unknown as [number, number, number] }),
    ...(text(options.fit) !== undefined && { fit: options.fit as "crop" }),
    ...(text(options.channels) !== undefined && { channels: options.channels as "RGB" }),
    ...(window && { window }),
    ...(typeof options.spacing === "number" && { spacing: options.spacing }),
  };
};

/** Threads and cache as flags say, the cache of this user where they do not. */
export const machineAsked = async (
  { cacheDir, threads }: Options,
  { env }: Context,
): Promise<{ readonly cacheDir: string; readonly threads?: number }> => {
  const { cacheDirectory } = await import("../../pipeline/open-model.ts");
  return { cacheDir: text(cacheDir) ?? cacheDirectory(env), ...(typeof threads === "number" && { threads }) };
};

/** What volumes are seen by: the 3-D network that is trained on them; null where a backbone is named, or for pictures. */
export const chooseVolumeBackbone = async (photos: string, options: Options): Promise<ResolvedBackbone | null> => {
  if (options.backbone !== undefined || options.domain !== undefined) return null;
  const { holdsVolumes } = await import("../../data/holds-volumes.ts");
  if (!(await holdsVolumes(photos))) return null;
  const { randomVolumeBackbone } = await import("../../pipeline/volume-backbone.ts");
  return randomVolumeBackbone(overridesOf(options));
};

/** The backbone asked for: by name, by domain, else the embedded one. */
export const chooseBackbone = async (options: Options, context: Context): Promise<ResolvedBackbone> => {
  const { resolveBackbone } = await import("../../pipeline/resolve-backbone.ts");
  const { recommendBackbone } = await import("../../nn/backbones/_recommend.ts");
  const { DEFAULT_BACKBONE } = await import("../../pipeline/resolve-backbone.ts");
  if (options.backbone !== undefined && options.domain !== undefined)
    throw optionError("--backbone and --domain both choose the backbone", { hint: "Give one of them." });
  const domain = text(options.domain);
  const name =
    text(options.backbone) ?? (domain === undefined ? DEFAULT_BACKBONE : recommendBackbone(domain as "natural").name);
  if (domain !== undefined)
    context.note(row("Domain", `${domain}: ${name}, ${recommendBackbone(domain as "natural").why}`));
  const bar = context.progress("Download", "MB");
  const resolved = await resolveBackbone({
    name: name.includes("/") || name.endsWith(".onnx") ? resolve(context.cwd, name) : name,
    env: options.offline ? { ...context.env, HF_HUB_OFFLINE: "1" } : context.env,
    overrides: overridesOf(options),
    onProgress: (done: number, total: number) => bar.update(Math.round(done / 1e6), Math.round(total / 1e6)),
    signal: context.signal,
  });
  bar.end();
  return resolved;
};

/** The model, looking at each photo as often as --looks says. */
export const withLooks = async (model: Model, { looks, looksPolicy }: Options): Promise<Model> => {
  if (looks === undefined) {
    if (looksPolicy !== undefined) throw optionError("--looks-policy needs --looks", { hint: "Add --looks 8." });
    return model;
  }
  const { checkPictures } = await import("../../pipeline/check-pictures.ts");
  const { readPolicy } = await import("../../pipeline/read-policy.ts");
  const { lookSeveralTimes } = await import("../../pipeline/test-time.ts");
  checkPictures(model.preprocess, "--looks");
  const policy = await readPolicy(text(looksPolicy) ?? "basic");
  return lookSeveralTimes(model, { policy, views: Number(looks), seed: 0 });
};

const row = (title: string, line: string): string => `${title.padEnd(11)} ${line}`;

const SHOWN = 3;

const named = (files: readonly { readonly name: string; readonly reason: string }[]): string =>
  firstOf(
    files.map(({ name, reason }) => `${printable(name)} (${printable(reason)})`),
    SHOWN,
  );

/** Trains with progress on standard error, and gives the result. */
export const trainWithProgress = async (
  options: Omit<TrainOptions, "on" | "signal">,
  context: Context,
): Promise<TrainResult> => {
  const { train } = await import("../../pipeline/train.ts");
  const { describeSynthetic } = await import("../../pipeline/synthetic-pictures.ts");
  const scanning = context.progress("Scanning", "img");
  let embedding = context.progress("Embedding", "img");
  let varying = context.progress("Varying", "img");
  let evaluating = context.progress("Evaluating", "fit");
  const labelling = context.progress("Unlabelled", "fold");
  let tuning = context.progress("Fine-tuning", "epoch");
  return train({
    ...options,
    signal: context.signal,
    on: {
      scanning: (found) => scanning.update(found, found),
      scanned: (dataset) => {
        scanning.end();
        context.note(
          row(
            "Photos",
            `${count(dataset.items.length, "image")}, ${count(dataset.classes.length, "class")} in ${printable(dataset.root)}`,
          ),
        );
        for (const { message } of dataset.warnings) context.note(`! ${printable(message)}`);
        if (dataset.emptyClasses.length > 0)
          context.note(`! no image in, so ignored: ${firstOf(dataset.emptyClasses.map(printable), SHOWN)}`);
        if (dataset.skipped.length > 0)
          context.note(`! ${count(dataset.skipped.length, "file")} not usable: ${named(dataset.skipped)}`);
      },
      opened: (backbone) => {
        context.note(row("Backbone", backbone.resolved.describe));
        context.note(row("Features", backbone.found));
        embedding = context.progress("Embedding", "img");
      },
      embedding: ({ done, total }) => embedding.update(done, total),
      embedded: ({ indices, computed, audit }, seconds) => {
        const rate = computed > 0 ? `, ${(indices.length / seconds).toFixed(0)} img/s` : "";
        embedding.end(
          row(
            "Embedded",
            `${count(indices.length, "image")} in ${seconds.toFixed(1)} s${rate} (${indices.length - computed} known from before)`,
          ),
        );
        if (audit.unreadable.length > 0)
          context.note(`! ${count(audit.unreadable.length, "image")} cannot be read: ${named(audit.unreadable)}`);
        for (const { message } of audit.warnings) context.note(`! ${printable(message)}`);
      },
      selected: ({ notes, nearDuplicates }) => {
        for (const note of notes) context.note(`! ${printable(note)}`);
        if (nearDuplicates.length > 0)
          context.note(`! ${count(nearDuplicates.length, "near-duplicate pair")}: kept on one side of every split`);
        embedding = context.progress("Made", "img");
        varying = context.progress("Varying", "img");
        evaluating = context.progress("Evaluating", "fit");
      },
      varying: (done, total) => {
        varying.update(done, total);
        if (done >= total) varying.end();
      },
      synthetic: ({ facts, notes }) => {
        embedding.end(row("Made", printable(describeSynthetic(facts))));
        for (const note of notes) context.note(`! ${printable(note)}`);
      },
      evaluating: (done, total) => {
        evaluating.update(done, total);
        if (done >= total) evaluating.end();
      },
      pseudoLabelling: (done, total) => {
        labelling.update(done, total);
        if (done >= total) labelling.end();
      },
      tuning: (result) => {
        context.note(
          row(
            "Saved",
            `${printable(result.modelPath)} with frozen features: it stays there if fine-tuning is broken off`,
          ),
        );
        tuning = context.progress("Fine-tuning", "epoch");
      },
      tuned: ({ training, trainings, epoch, epochs }) => {
        tuning.update((training - 1) * epochs + epoch, trainings * epochs);
        if (training === trainings && epoch === epochs) tuning.end();
      },
    },
  });
};

/** The classes with the lowest recall, worst first. */
const weakest = (evidence: Evidence, most: number): string[] =>
  weakestFirst(evidence)
    .filter(({ recall }) => recall.value < 1)
    .slice(0, most)
    .map(({ name, images, recall, mostlyTakenFor }) => {
      const taken =
        mostlyTakenFor === null ? "" : `, mostly taken for ${printable(evidence.classes[mostlyTakenFor]!.name)}`;
      return `${printable(name)}: recall ${percent(recall.value, 0)}${recall.interval ? ` (${percentRange(recall.interval)})` : ""} of ${images}${taken}`;
    });

/** Largest to smallest class from which the weights of classes are printed. */
const UNEVEN = 2;

/** What was made of classes of unlike size; null where they are about alike. */
const weightsLine = ({ evidence: { classes }, weighting: { how, weights } }: TrainResult): string | null => {
  const order = [...classes.keys()].sort((a, b) => classes[a]!.images - classes[b]!.images);
  const [least, most] = [order[0]!, order.at(-1)!];
  if (classes[most]!.images <= UNEVEN * classes[least]!.images) return null;
  const sized = (c: number): string => `${printable(classes[c]!.name)} (${count(classes[c]!.images, "photo")})`;
  return how === "none"
    ? `none: in the head every photo counts alike, so ${sized(least)} counts little beside ${sized(most)}`
    : `balanced: in the head a photo of ${sized(least)} counts ${weights[least]!.toPrecision(3)}, one of ${sized(most)} ${weights[most]!.toPrecision(3)} (--class-weights none: all alike)`;
};

/** Prints the evidence of a run. */
export const printEvidence = (result: TrainResult, { print }: Context): void => {
  const { evidence, heldOut } = result;
  const { accuracy, balancedAccuracy, unknown, conformal, learningCurve, calibration } = evidence;
  print(row("Split", evidence.protocol.text));
  print(row("Head", evidence.selection.text));
  if (result.unlabelled) print(row("unlabelled", printable(result.unlabelled.text)));
  if (result.augmentation) print(row("augment", printable(result.augmentation.text)));
  const weights = weightsLine(result);
  if (weights !== null) print(row("weights", weights));
  for (const { text, accuracy: own, used } of evidence.selection.contestants ?? [])
    print(
      row(
        used ? "used" : "not used",
        `${text}: ${percent(own.value)}${own.interval ? ` (${percentRange(own.interval)})` : ""}`,
      ),
    );
  if (accuracy && balancedAccuracy) {
    print(row("", "accuracy   balanced   95 % interval"));
    const interval = accuracy.interval ? percentRange(accuracy.interval) : "not known";
    print(
      row(
        "cross-val",
        `${percent(accuracy.value).padStart(8)}   ${percent(balancedAccuracy.value).padStart(8)}   ${interval}`,
      ),
    );
  } else print(row("Accuracy", evidence.cannotEstimate ?? "cannot be estimated"));
  if (heldOut)
    print(
      row(
        "test",
        `${percent(heldOut.accuracy).padStart(8)}   ${percent(heldOut.balancedAccuracy).padStart(8)}   ${percentRange(heldOut.interval)}   (${count(heldOut.n, "photo")} of the test folder)`,
      ),
    );
  print(row("", `always saying the largest class: ${percent(evidence.majorityBaseline)}`));
  weakest(evidence, 3).forEach((line, i) => print(row(i === 0 ? "weakest" : "", line)));
  if (calibration)
    print(row("calibrated", `expected calibration error ${percent(calibration.expectedCalibrationError)}`));
  if (unknown)
    print(
      row(
        "unknown",
        `strange things accepted: ${percent(unknown.falseAccept, 0)}; known things refused: ${percent(unknown.falseReject, 0)} (leaving one class out in turn)`,
      ),
    );
  if (conformal)
    print(
      row(
        "90 % sets",
        `hold the truth in ${percent(conformal.coverage, 0)} of cases, ${conformal.meanSetSize.toFixed(2)} classes on average`,
      ),
    );
  for (const point of learningCurve?.forecast ?? [])
    print(
      row(
        `${point.factor}x photos`,
        `likely ${percent(point.accuracy.value)}${point.accuracy.interval ? ` (${percentRange(point.accuracy.interval)})` : ""}`,
      ),
    );
  for (const warning of evidence.warnings) print(`! ${printable(warning)}`);
};

import { rmdir } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { TrainResult } from "../../pipeline/train.ts";
import type { CommandDefinition, Context } from "../command.ts";
import type { Policy } from "../../data/policy.ts";
import type { FineTuneOptions } from "../../pipeline/fine-tune.ts";
import type { AugmentOptions } from "../../pipeline/learning-arms.ts";
import type { UnlabelledOptions } from "../../pipeline/unlabelled-photos.ts";
import { printable } from "../format.ts";
import { backboneOptions, between, groupOption, machineOptions, namedValues, whole } from "../options.ts";
import { version } from "../version.ts";
import { chooseBackbone, chooseVolumeBackbone, machineAsked, printEvidence, trainWithProgress } from "./_shared.ts";

const asJson = (result: TrainResult): unknown => ({
  out: result.out,
  model: result.modelPath,
  modelBytes: result.modelBytes,
  classes: result.classes,
  accuracy: result.evidence.accuracy,
  balancedAccuracy: result.evidence.balancedAccuracy,
  cannotEstimate: result.evidence.cannotEstimate,
  heldOut: result.heldOut,
  classWeights: result.weighting,
  synthetic: result.synthetic,
  augmentation: result.augmentation,
  unlabelled: result.unlabelled,
  head: { method: result.evidence.selection.method, options: result.evidence.selection.options },
  notes: result.notes,
  warnings: result.evidence.warnings,
  seconds: result.seconds,
});

const printSaved = (result: TrainResult, context: Context): void => {
  const folder = relative(context.cwd, result.out) || ".";
  context.print(
    `${"Saved".padEnd(11)} ${printable(folder)}/  (model.onnx ${(result.modelBytes / 1e6).toFixed(1)} MB, report.html, metrics.json) in ${result.seconds.toFixed(0)} s`,
  );
  const model = result.latest ? relative(context.cwd, resolve(result.out, "..", "latest")) : `${folder}/model.onnx`;
  context.print(`Next: handful predict ${printable(model)} new.jpg   |   open ${printable(folder)}/report.html`);
};

const DEFAULT_BLOCKS = 6;
const DEFAULT_EPOCHS = 20;
/** Of a network that begins with random weights. */
const VOLUME_EPOCHS = 30;

/** Reads how many blocks learn. */
const blocksOf = (text: string): FineTuneOptions["last"] => (text === "all" || text === "head" ? text : whole(1)(text));

const fineTuneOf = (options: Readonly<Record<string, unknown>>): FineTuneOptions | null => {
  const { fineTune, epochs, unfreeze, timeLimit, resume } = options;
  const asked = fineTune !== undefined;
  const [idle] =
    Object.entries({ epochs, unfreeze, "time-limit": timeLimit, resume }).find(([, v]) => v !== undefined) ?? [];
  if (!asked && idle !== undefined) throw optionError(`--${idle} is for fine-tuning`, { hint: "Add --fine-tune." });
  if (resume === true && options.out === undefined)
    throw optionError("--resume needs the folder of the interrupted run", { hint: "Give it with --out." });
  return asked
    ? {
        last: fineTune === true ? DEFAULT_BLOCKS : (fineTune as FineTuneOptions["last"]),
        epochs: typeof epochs === "number" ? epochs : DEFAULT_EPOCHS,
        unfreezing: (unfreeze ?? "together") as FineTuneOptions["unfreezing"],
        ...(typeof timeLimit === "number" && { seconds: timeLimit }),
        resume: resume === true,
      }
    : null;
};

/** What `auto` chooses from. */
const TRIED = ["basic", "strong", "randaugment", "trivialaugment"];
const DEFAULT_VIEWS = 4;

/** How photos are varied: for the head, and for the network where it is tuned. */
const augmentOf = async ({
  augment,
  views,
  fineTune,
}: Readonly<Record<string, unknown>>): Promise<{
  readonly head: AugmentOptions;
  readonly network: Policy | null;
} | null> => {
  if (typeof augment !== "string") {
    if (views !== undefined) throw optionError("--views is for --augment", { hint: "Add --augment auto." });
    return null;
  }
  const { readPolicy } = await import("../../pipeline/read-policy.ts");
  const each = Number(views ?? DEFAULT_VIEWS);
  if (augment === "auto") {
    const policies = await Promise.all(TRIED.map(readPolicy));
    return { head: { policies, views: each, choose: true }, network: null };
  }
  const { mixes = [], ...own } = await readPolicy(augment);
  if (mixes.length > 0 && fineTune === undefined)
    throw optionError(`--augment ${augment} mixes photos, which only a network that learns can use`, {
      hint: "Add --fine-tune, or take a policy without mixes, such as basic.",
    });
  return { head: { policies: [own], views: each, choose: false }, network: { ...own, mixes } };
};

/** Short names for methods. */
const SHORT: Readonly<Record<string, string>> = { propagation: "label-propagation", spreading: "label-spreading" };

/** What is to become of unlabelled photos; null where none are given. */
const unlabelledOf = (
  { unlabelled, semi, semiOptions, pseudoLabels }: Readonly<Record<string, unknown>>,
  cwd: string,
): UnlabelledOptions | null => {
  const methods = { semi, "semi-options": semiOptions };
  const [method] = Object.entries(methods).find(([, v]) => v !== undefined) ?? [];
  if (pseudoLabels !== undefined && method !== undefined)
    throw optionError(`--pseudo-labels gives the labels, and --${method} says how to find them`, {
      hint: "Leave one of the two out.",
    });
  if (typeof unlabelled !== "string") {
    const idle = pseudoLabels === undefined ? method : "pseudo-labels";
    if (idle !== undefined) throw optionError(`--${idle} is for --unlabelled`, { hint: "Add --unlabelled <folder>." });
    return null;
  }
  const name = String(semi ?? "auto");
  return {
    folder: resolve(cwd, unlabelled),
    semi: SHORT[name] ?? name,
    ...(typeof pseudoLabels === "string" && { reviewed: resolve(cwd, pseudoLabels) }),
    ...(semiOptions !== undefined && { semiOptions: semiOptions as Readonly<Record<string, string>> }),
  };
};

/** Papers' names, as they are also written. */
const METHODS: Readonly<Record<string, string>> = {
  prototypical: "prototypical-networks",
  "prototypical-network": "prototypical-networks",
  relation: "relation-networks",
  "relation-network": "relation-networks",
  "matching-network": "matching-networks",
};

/** The head asked for by --head or --method. */
const headOf = ({ head, method }: Readonly<Record<string, unknown>>): string => {
  if (method === undefined) return String(head ?? "auto");
  if (head !== undefined) throw optionError("--head and --method both name the head", { hint: "Give one of them." });
  return METHODS[String(method)] ?? String(method);
};

/** Refuses a head that nobody knows, or that no model file can hold, before any photo is read. */
const checkHead = async (name: string): Promise<void> => {
  const { fewShotMethods } = await import("../../methods/few-shot/index.ts");
  const { RELATION_NETWORKS } = await import("../../methods/relation-networks.ts");
  const { transductiveError } = await import("../../methods/transductive.ts");
  if (fewShotMethods.some((method) => method.transductive && method.name === name)) throw transductiveError(name);
  const able = fewShotMethods.filter(({ transductive }) => !transductive).map((method) => method.name);
  const known = ["auto", ...able, RELATION_NETWORKS];
  if (!known.includes(name)) throw unknownName("head", name, known);
};

export const command: CommandDefinition = {
  name: "train",
  summary: "Turn a folder of photos into a model with an honest accuracy interval.",
  arguments: "<photos>",
  options: [
    ...backboneOptions,
    groupOption,
    {
      flags: "--head <name>",
      description: "auto (when left out) chooses by nested cross-validation; or the name of one head, such as ridge",
    },
    {
      flags: "--method <name>",
      description:
        "the same by the name of a few-shot method: prototypical-network or relation-network, say, on a backbone that was trained for it",
    },
    {
      flags: "--class-weights <how>",
      description:
        "classes of unlike size count alike in the head (balanced), or every photo counts alike (none); the network of --fine-tune is not weighted",
      choices: ["balanced", "none"],
      byDefault: "balanced",
    },
    {
      flags: "--synthetic <folder>",
      description:
        "pictures that handful synthesize made from these photos: they help the head to learn, and are never asked about",
    },
    {
      flags: "--target <folder>",
      description:
        "unlabelled photos of the place of use, where light or camera differ: features are aligned with theirs (CORAL)",
    },
    {
      flags: "--unlabelled <folder>",
      description: "photos without labels: those that are given one help the head to learn, if that proves a gain",
    },
    {
      flags: "--semi <method>",
      description:
        "how unlabelled photos are given labels: auto (propagation or self-training, whichever proves the larger gain), self-training, propagation, spreading, voting, flexmatch, freematch; for the network of --fine-tune also fixmatch, mean-teacher",
    },
    {
      flags: "--semi-options <list>",
      description:
        "changes to the method's options, such as threshold=0.8,selection=random,quota=5,rounds=10 for self-training",
      parse: namedValues,
    },
    {
      flags: "--pseudo-labels <list>",
      description:
        "labels of the unlabelled photos as an earlier run wrote them (pseudo-labels.csv), after you have changed labels or taken out rows: what is not in it is not learned from",
    },
    {
      flags: "--augment <policy>",
      description:
        "learn from varied photos too: by a policy's name or file, or auto for the one that proves a gain for the head, if any",
    },
    {
      flags: "--views <number>",
      description: `augmented versions of every photo for the head (${DEFAULT_VIEWS} when left out)`,
      parse: whole(1, 64),
    },
    {
      flags: "--fine-tune [blocks]",
      description: `tune the network too, and use it where it beats the frozen features: the last blocks by number, all, or head for none (${DEFAULT_BLOCKS} when left out)`,
      parse: blocksOf,
    },
    {
      flags: "--epochs <number>",
      description: `rounds through the photos of each fine-tuning (${DEFAULT_EPOCHS} when left out)`,
      parse: whole(1, 1000),
    },
    {
      flags: "--unfreeze <how>",
      description:
        "blocks learn all together from the start (when left out), or gradually: head first, then one more from the top every epoch",
      choices: ["together", "gradual"],
    },
    {
      flags: "--time-limit <seconds>",
      description: "end fine-tuning by then, with the best weights so far",
      parse: between(1, 1e7),
    },
    { flags: "--resume", description: "go on with fine-tuning that was interrupted; needs the same --out" },
    {
      flags: "--out <folder>",
      description: "folder for model.onnx, metrics.json and report.html; a new one under runs/ when left out",
    },
    { flags: "--exist-ok", description: "write over a model already in --out" },
    {
      flags: "--on-conflict <how>",
      description: "pictures that carry two labels",
      choices: ["exclude", "keep"],
      byDefault: "exclude",
    },
    { flags: "--strict", description: "exit 3 where photos would have to be left out" },
    { flags: "--no-cache", description: "embed every photo anew" },
    ...machineOptions,
  ],
  examples: [
    "handful train ./photos",
    "handful train labels.csv --backbone mobilenet-v2 --out ./model",
    "handful train ./xrays --domain medical",
    "handful train ./photos --backbone mobilenet-v2 --fine-tune",
    "handful train ./volumes --window-level 40,400",
    "handful train ./photos --augment auto",
    "handful train ./photos --method relation-network --backbone relation.onnx",
    "handful train ./photos --synthetic ./made",
    "handful train ./photos --unlabelled ./pool",
    "handful train ./photos --unlabelled ./pool --fine-tune --semi fixmatch",
  ],
  run: async ([photos], options, context) => {
    const { makeRunFolder } = await import("../../pipeline/run-folder.ts");
    const { checkPhotosPath } = await import("../../data/scan.ts");
    const { checkHeadFits } = await import("../../pipeline/learned-backbone.ts");
    const { readSyntheticMarker } = await import("../../data/synthetic.ts");
    const path = resolve(context.cwd, String(photos));
    await checkPhotosPath(path);
    if (typeof options.target === "string") await checkPhotosPath(resolve(context.cwd, options.target));
    if (typeof options.synthetic === "string") await readSyntheticMarker(resolve(context.cwd, options.synthetic));
    const head = headOf(options);
    await checkHead(head);
    const augment = await augmentOf(options);
    const unlabelled = unlabelledOf(options, context.cwd);
    if (unlabelled) {
      const { checkUnlabelled } = await import("../../pipeline/unlabelled-photos.ts");
      await checkPhotosPath(unlabelled.folder);
      checkUnlabelled({
        unlabelled,
        head,
        ...(typeof options.target === "string" && { target: options.target }),
        ...(augment && { augment: augment.head }),
        ...(options.fineTune !== undefined && { fineTune: options.fineTune }),
      });
    }
    const volumes = await chooseVolumeBackbone(path, options);
    const asked = fineTuneOf(volumes ? { fineTune: "all", epochs: VOLUME_EPOCHS, ...options } : options);
    const fineTune = asked && { ...asked, ...(augment?.network && { policy: augment.network }) };
    const backbone = volumes ?? (await chooseBackbone(options, context));
    checkHeadFits(head, backbone);
    const out = await makeRunFolder({
      ...(typeof options.out === "string" && { out: options.out }),
      photos: path,
      cwd: context.cwd,
      now: context.now(),
      overwrite: options.existOk === true || options.resume === true,
    });
    const machine = await machineAsked(options, context);
    const training = trainWithProgress(
      {
        photos: path,
        ...(options.groupBy instanceof RegExp && { groupBy: options.groupBy }),
        ...(typeof options.synthetic === "string" && { synthetic: resolve(context.cwd, options.synthetic) }),
        ...(typeof options.target === "string" && { target: resolve(context.cwd, options.target) }),
        out,
        backbone,
        ...(typeof options.features === "string" && { features: options.features }),
        head,
        classWeights: options.classWeights === "none" ? "none" : "balanced",
        ...(augment && { augment: augment.head }),
        ...(unlabelled && { unlabelled }),
        ...(fineTune && { fineTune }),
        seed: Number(options.seed),
        ...machine,
        cacheDir: options.cache === false ? null : machine.cacheDir,
        keepConflicts: options.onConflict === "keep",
        strict: options.strict === true,
        now: context.now(),
        version: version(),
        commandLine: `handful train ${printable(String(photos))}`,
      },
      context,
    );
    // A run that came to nothing leaves no empty folder: rmdir takes none that holds anything.
    const result = await training.catch(async (thrown: unknown) => {
      if (options.out === undefined) await rmdir(out).catch(() => undefined);
      throw thrown;
    });
    if (context.json) {
      context.print(JSON.stringify(asJson(result)));
      return;
    }
    printEvidence(result, context);
    printSaved(result, context);
  },
};

import { relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { Policy } from "../../data/policy.ts";
import type { Arm } from "../../evaluate/evidence.ts";
import type { Ablation, Learns } from "../../pipeline/ablate.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count, percent, printable } from "../format.ts";
import { backboneOptions, machineOptions, whole } from "../options.ts";
import { chooseBackbone, machineAsked } from "./_shared.ts";

const EPOCHS = { "fine-tune": 20, "from-scratch": 100 } as const;
const SIDE = 64;
const BLOCKS = 6;

const learnsOf = async (options: Readonly<Record<string, unknown>>): Promise<Learns> => {
  const { fineTune, fromScratch, epochs, head, views } = options;
  if (fineTune !== undefined && fromScratch !== undefined)
    throw optionError("--fine-tune and --from-scratch both say what learns", { hint: "Give one of them." });
  const kind = fineTune !== undefined ? "fine-tune" : fromScratch !== undefined ? "from-scratch" : "head";
  const idle = Object.entries(kind === "head" ? { epochs } : { head, views }).find(([, v]) => v !== undefined);
  if (idle)
    throw optionError(`--${idle[0]} does nothing here`, {
      hint: kind === "head" ? "It is for --fine-tune and --from-scratch." : "It is for heads on frozen features.",
    });
  if (kind === "head") {
    const { fewShotMethods } = await import("../../methods/few-shot/index.ts");
    const method = typeof head === "string" ? head : "ridge";
    const names = fewShotMethods.map(({ name }) => name);
    if (!names.includes(method)) throw unknownName("head", method, names);
    return { kind, method, views: Number(views ?? 4) };
  }
  const rounds = Number(epochs ?? EPOCHS[kind]);
  if (kind === "from-scratch") return { kind, side: fromScratch === true ? SIDE : Number(fromScratch), epochs: rounds };
  return { kind, last: fineTune === true ? BLOCKS : (fineTune as number | "all"), epochs: rounds };
};

/** The baseline, then what is set beside it: the policies asked for, or every augmentation alone and every policy. */
const policiesOf = async (asked: unknown, { kind }: Learns): Promise<Policy[]> => {
  const { augmentations } = await import("../../data/augment/index.ts");
  const { noPolicy, policies } = await import("../../data/policies.ts");
  const { readPolicy } = await import("../../pipeline/read-policy.ts");
  const alone = augmentations.map(({ name }): Policy => ({ name, steps: [{ augmentation: name, probability: 0.5 }] }));
  const canMix = kind !== "head";
  const known = [...alone, ...policies.filter(({ name, mixes }) => name !== "none" && (canMix || !mixes))];
  if (typeof asked !== "string") return [noPolicy, ...known];
  const names = asked.split(",").filter((name) => name !== "none");
  const chosen = await Promise.all(
    names.map(async (name) => known.find((policy) => policy.name === name) ?? readPolicy(name)),
  );
  const mixed = chosen.find(({ mixes }) => mixes !== undefined);
  if (mixed && !canMix)
    throw optionError(`${mixed.name} mixes photos, which only a network that learns can use`, {
      hint: "Add --from-scratch or --fine-tune.",
    });
  if (chosen.length === 0) throw optionError("--policies: wanted at least one beside none, got none");
  return [noPolicy, ...chosen];
};

const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;

const cellsOf = ({ name, accuracy, difference, proven }: Arm): string[] => [
  name,
  percent(accuracy.value),
  difference ? points(difference.mean) : "",
  difference ? `${points(difference.interval.low)} to ${points(difference.interval.high)}` : "",
  difference ? difference.adjusted.toFixed(3) : "",
  difference ? (proven ? "yes" : "no") : "baseline",
];

const HEADINGS = ["augmentation", "accuracy", "gain", "95 % interval", "p (Holm)", "proven"];

const printTable = ({ arms }: Ablation, { print }: Context): void => {
  const rows = [HEADINGS, ...arms.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  for (const cells of rows)
    print(
      cells
        .map((cell, i) => (i === 0 ? printable(cell).padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    );
};

export const command: CommandDefinition = {
  name: "ablate",
  summary: "Say which augmentations help on these photos: each against none, on the same folds and seeds.",
  arguments: "<photos>",
  options: [
    ...backboneOptions,
    {
      flags: "--policies <names>",
      description:
        "augmentations, policies or policy files to try, with commas between; every augmentation alone and every policy when left out",
    },
    { flags: "--head <name>", description: "head on frozen features that learns (ridge when left out)" },
    {
      flags: "--views <number>",
      description: "augmented versions of every photo beside it, for a head (4 when left out)",
      parse: whole(1, 64),
    },
    {
      flags: "--fine-tune [blocks]",
      description: `tune the network instead: its last blocks by number, or all (${BLOCKS} when left out)`,
      parse: (text) => (text === "all" ? text : whole(1)(text)),
    },
    {
      flags: "--from-scratch [pixels]",
      description: `train a small network (Conv-4) from random weights instead, on photos of that size (${SIDE} when left out)`,
      parse: whole(16, 224),
    },
    {
      flags: "--epochs <number>",
      description: `rounds through the photos (${EPOCHS["fine-tune"]} in fine-tuning, ${EPOCHS["from-scratch"]} from scratch)`,
      parse: whole(1, 10_000),
    },
    { flags: "--folds <number>", description: "parts held out in turn", parse: whole(2, 100), byDefault: 5 },
    {
      flags: "--repeats <number>",
      description: "cross-validations with other folds and seeds",
      parse: whole(1, 100),
      byDefault: 1,
    },
    { flags: "--out <folder>", description: "folder for table and plot; a new one under runs/ when left out" },
    { flags: "--no-cache", description: "embed every photo anew" },
    ...machineOptions,
  ],
  examples: [
    "handful ablate ./photos",
    "handful ablate ./photos --policies basic,strong,trivialaugment --repeats 3",
    "handful ablate ./photos --policies basic,mixup,cutmix --from-scratch",
  ],
  run: async ([photos], options, context) => {
    const { checkPhotosPath } = await import("../../data/scan.ts");
    const { makeRunFolder } = await import("../../pipeline/run-folder.ts");
    const { ablate } = await import("../../pipeline/ablate.ts");
    const { writeAblation } = await import("../../pipeline/write-ablation.ts");
    const path = resolve(context.cwd, String(photos));
    await checkPhotosPath(path);
    const learns = await learnsOf(options);
    const policies = await policiesOf(options.policies, learns);
    const backbone = await chooseBackbone(options, context);
    const machine = await machineAsked(options, context);
    const embedding = context.progress("Embedding", "img");
    const learning = context.progress("Learning", "fit");
    const ablation = await ablate({
      photos: path,
      backbone,
      learns,
      policies,
      folds: Number(options.folds),
      repeats: Number(options.repeats),
      seed: Number(options.seed),
      ...machine,
      cacheDir: options.cache === false ? null : machine.cacheDir,
      ...(typeof options.features === "string" && { features: options.features }),
      on: {
        embedding: ({ done, total }) => embedding.update(done, total),
        learning: (done, total) => {
          embedding.end();
          learning.update(done, total);
        },
      },
      signal: context.signal,
    });
    learning.end();
    const out = await makeRunFolder({
      ...(typeof options.out === "string" && { out: options.out }),
      photos: path,
      cwd: context.cwd,
      now: context.now(),
    });
    await writeAblation(ablation, out, [HEADINGS, ...ablation.arms.map(cellsOf)]);
    if (context.json) {
      context.print(JSON.stringify({ out, ...ablation }));
      return;
    }
    context.print(`${"Learner".padEnd(11)} ${ablation.learner}`);
    context.print(
      `${"Photos".padEnd(11)} ${count(ablation.photos, "photo")}, ${count(ablation.classes, "class")}; ${ablation.folds} folds${ablation.repeats > 1 ? `, ${ablation.repeats} times` : ""}`,
    );
    printTable(ablation, context);
    context.print(ablation.recommendation);
    const folder = relative(context.cwd, out) || ".";
    context.print(`${"Saved".padEnd(11)} ${printable(folder)}/  (ablation.png, ablation.csv, ablation.json)`);
    const use = ablation.recommended === "none" ? "" : ` --augment ${printable(ablation.recommended)}`;
    context.print(`Next: handful train ${printable(String(photos))}${use}`);
  },
};

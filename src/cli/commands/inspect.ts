import { optionError } from "../../base/errors.ts";
import type { Audit } from "../../data/audit.ts";
import type { DataSet } from "../../data/dataset.ts";
import { groupLeaks } from "../../data/group-leaks.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { backboneOptions, groupOption, machineOptions } from "../options.ts";
import { runInspectLabels } from "./_inspect-labels.ts";
import { runInspectSpec } from "./_inspect-spec.ts";
import { count, firstOf, printable } from "../format.ts";
import { windowAsked } from "./_shared.ts";

const SHOWN = 5;
/** Below this many images a class's recall is known only roughly. */
const FEW = 20;

const layouts: Readonly<Record<DataSet["layout"], string>> = {
  folders: "ImageFolder layout: class = folder name",
  splits: "train / validation / test folders, class = folder name",
  manifest: "manifest",
  flat: "a flat folder, no labels",
};

/** Half the width of a 95 % interval of a share near one half, in points. */
const unsure = (images: number): number => Math.round(98 / Math.sqrt(images));

/** One line on all classes of few images; null where there are none. */
const fewLine = ({ classes }: Audit): string | null => {
  const widths = classes.filter((c) => c.images > 0 && c.images < FEW).map((c) => unsure(c.images));
  if (widths.length === 0) return null;
  const [least, most] = [Math.min(...widths), Math.max(...widths)];
  const range = least === most ? `±${least}` : `±${least} to ±${most}`;
  return `few: under ${FEW} images, recall will be unsure by about ${range} points`;
};

const printClasses = ({ print }: Context, dataset: DataSet, audit: Audit): void => {
  const width = Math.max(5, ...audit.classes.slice(0, 1000).map((c) => printable(c.name).length));
  if (audit.classes.length > 0) print(`  ${"class".padEnd(width)}  images   note`);
  for (const { name, images } of audit.classes.slice(0, 200)) {
    const note = images === 0 ? "no usable image" : images < FEW ? "few" : "";
    print(`  ${printable(name).padEnd(width)}  ${String(images).padStart(6)}   ${note}`.trimEnd());
  }
  if (audit.classes.length > 200) print(`  … and ${audit.classes.length - 200} more classes`);
  for (const name of dataset.emptyClasses)
    print(`  ${printable(name).padEnd(width)}  ${"0".padStart(6)}   empty folder, ignored`);
  const few = fewLine(audit);
  if (few !== null) print(`  ${few}`);
};

const printFindings = ({ print }: Context, dataset: DataSet, audit: Audit): void => {
  const name = (index: number): string => printable(dataset.items[index]!.name);
  const groups = (list: readonly (readonly number[])[]): string =>
    firstOf(
      list.map((group) => group.map(name).join(" = ")),
      SHOWN,
    );
  if (audit.conflicts.length > 0)
    print(
      `! ${count(audit.conflicts.length, "label conflict")} (E_LABEL_CONFLICT: same picture, two labels): ${groups(audit.conflicts)}`,
    );
  if (audit.exactDuplicates.length > 0)
    print(`! ${count(audit.exactDuplicates.length, "group")} of exact duplicates: ${groups(audit.exactDuplicates)}`);
  if (audit.nearDuplicates.length > 0)
    print(
      `! ${count(audit.nearDuplicates.length, "near-duplicate pair")} (kept on one side of every split): ${firstOf(
        audit.nearDuplicates.map(({ a, b }) => `${name(a)} ~ ${name(b)}`),
        SHOWN,
      )}`,
    );
  if (audit.leaks.length > 0)
    print(
      `! ${count(audit.leaks.length, "leak")} between training and test: ${firstOf(
        audit.leaks.map(({ a, b }) => `${name(a)} = ${name(b)}`),
        SHOWN,
      )}`,
    );
  const straddling = groupLeaks(dataset);
  if (straddling.length > 0)
    print(
      `! ${count(straddling.length, "group")} on both sides of the split: ${firstOf(
        straddling.map(({ group }) => printable(group)),
        SHOWN,
      )}`,
    );
  const unreadable = [...dataset.skipped, ...audit.unreadable];
  if (unreadable.length > 0)
    print(
      `! ${count(unreadable.length, "file")} not usable: ${firstOf(
        unreadable.map((s) => `${printable(s.name)} (${s.reason})`),
        SHOWN,
      )}`,
    );
  if (audit.oddSizes.length > 0)
    print(
      `! ${count(audit.oddSizes.length, "image")} of odd size: ${firstOf(
        audit.oddSizes.map((o) => `${name(o.index)} (${o.reason})`),
        SHOWN,
      )}`,
    );
  for (const { message } of [...dataset.warnings, ...audit.warnings]) print(`! ${printable(message)}`);
  if (dataset.ignored > 0)
    print(`  ignored: ${count(dataset.ignored, "file")} (${firstOf(dataset.ignoredExamples.map(printable), SHOWN)})`);
};

const asJson = (dataset: DataSet, audit: Audit): unknown => {
  const name = (index: number): string => dataset.items[index]!.name;
  return {
    root: dataset.root,
    layout: dataset.layout,
    images: dataset.items.length,
    classes: audit.classes,
    emptyClasses: dataset.emptyClasses,
    unreadable: [...dataset.skipped, ...audit.unreadable].map(({ name, code, reason }) => ({ name, code, reason })),
    exactDuplicates: audit.exactDuplicates.map((group) => group.map(name)),
    nearDuplicates: audit.nearDuplicates.map(({ a, b, similarity }) => ({ a: name(a), b: name(b), similarity })),
    conflicts: audit.conflicts.map((group) => group.map(name)),
    leaks: audit.leaks.map(({ a, b, similarity }) => ({ a: name(a), b: name(b), similarity })),
    groupLeaks: groupLeaks(dataset),
    oddSizes: audit.oddSizes.map(({ index, reason }) => ({ name: name(index), reason })),
    ignored: dataset.ignored,
    warnings: [...dataset.warnings, ...audit.warnings],
  };
};

const nextStep = ({ classes, warnings }: DataSet, photos: string): string => {
  if (warnings.some(({ code }) => code === "W_ALL_SYNTHETIC"))
    return `Next: handful train <photos> --synthetic ${printable(photos)}`;
  if (classes.length >= 2) return `Next: handful train ${printable(photos)}`;
  return classes.length === 0
    ? "Next: put the photos into one folder a class, photos/bolt/1.jpg, photos/nut/1.jpg; a classifier needs two"
    : 'Next: add a folder of photos of something else, for example "other"; a classifier needs two classes';
};

/** Whether training on these photos would leave something out or mislead. */
const hasProblems = (dataset: DataSet, audit: Audit): boolean =>
  audit.conflicts.length + audit.leaks.length + audit.unreadable.length + dataset.skipped.length > 0 ||
  groupLeaks(dataset).length > 0;

export const command: CommandDefinition = {
  name: "inspect",
  summary: "Say what is in a folder of photos, and what is wrong with it.",
  arguments: "<photos>",
  options: [
    {
      flags: "--strict",
      description:
        "exit 3 when photos are unreadable, conflicting, leak between training and test, or not as --spec asks",
    },
    { flags: "--labels", description: "say which labels are in doubt, and write a page of their pictures" },
    { flags: "--spec <file>", description: "check photos against a specification, and write a page of what fails" },
    {
      flags: "--page <file>",
      description: "where --labels or --spec writes its page; labels.html or spec.html when left out",
    },
    groupOption,
    ...backboneOptions,
    ...machineOptions,
  ],
  examples: [
    "handful inspect ./photos",
    "handful inspect labels.csv --json",
    "handful inspect ./photos --labels",
    "handful inspect ./photos --spec spec.yaml --strict",
  ],
  run: async ([photos], options, context) => {
    if (options.labels === true && options.spec !== undefined)
      throw optionError("--labels and --spec each write a page", { hint: "Give one of them." });
    if (options.spec !== undefined) return runInspectSpec(String(photos), options, context);
    if (options.labels === true) return runInspectLabels(String(photos), options, context);
    const { auditDataset } = await import("../../data/audit.ts");
    const { scanDataset } = await import("../../data/scan.ts");
    const scanning = context.progress("Scanning", "img");
    const dataset = await scanDataset(String(photos), {
      onProgress: (found) => scanning.update(found, found),
      groupBy: options.groupBy as RegExp | undefined,
    });
    scanning.end();
    const bar = context.progress("Reading", "img");
    const audit = await auditDataset(dataset, {
      onProgress: ({ done, total }) => bar.update(done, total),
      window: windowAsked(options),
    });
    bar.end();
    if (context.json) context.print(JSON.stringify(asJson(dataset, audit)));
    else {
      context.print(
        `photos: ${count(dataset.items.length, "image")}, ${count(audit.classes.length, "class")}   (${layouts[dataset.layout]})`,
      );
      printClasses(context, dataset, audit);
      printFindings(context, dataset, audit);
      context.print(nextStep(dataset, String(photos)));
    }
    return options.strict && hasProblems(dataset, audit) ? 3 : 0;
  },
};

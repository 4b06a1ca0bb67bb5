import { stat } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { dataError, optionError } from "../../base/errors.ts";
import { plainSquare, type Preprocess } from "../../base/preprocess.ts";
import type { AugmentTask } from "../../pipeline/augment-photos.ts";
import type { CommandDefinition, Context } from "../command.ts";
import { count, printable } from "../format.ts";
import { backboneOptions, whole } from "../options.ts";
import { chooseBackbone } from "./_shared.ts";

type Options = Readonly<Record<string, unknown>>;

const DEFAULT_FILE = "augment-preview.png";
const DRAWS = 8;
const COPIES = 4;
const SIDE = 224;

/** Flags that say how a photo comes to the network. */
const seenBy = ["--backbone", "--domain", "--image-size", "--fit", "--offline"];

/** How photos are seen: by the backbone asked for, else the middle square at the size most backbones take. */
const preprocessOf = async (options: Options, context: Context): Promise<Preprocess> => {
  if (options.backbone !== undefined || options.domain !== undefined)
    return (await chooseBackbone(options, context)).preprocess;
  const { overridePreprocess } = await import("../../pipeline/backbone-settings.ts");
  const usual = plainSquare(SIDE, { fit: "crop", background: [255, 255, 255] });
  return overridePreprocess(usual, {
    ...(typeof options.imageSize === "number" && { size: options.imageSize }),
    ...(options.fit !== undefined && { fit: options.fit as Preprocess["fit"] }),
  });
};

/** Refuses flags that would do nothing. */
const checkFlags = ({ policy, out, draws, copies, preview }: Options): void => {
  if (out !== undefined && policy === undefined)
    throw optionError("--out needs a policy to vary the photos by", {
      hint: "Name one: --policy basic, or a JSON file.",
    });
  if (copies !== undefined && out === undefined)
    throw optionError("--copies is for --out", { hint: "Name a folder for the copies: --out ./varied" });
  if (draws !== undefined && (policy === undefined || (out !== undefined && preview === undefined)))
    throw optionError("--draws is for the preview of a policy", { hint: "Add --policy basic --preview." });
  if (typeof preview === "string" && !/\.png$/i.test(preview))
    throw optionError(`--preview ${preview}: wanted a name that ends in .png`);
};

/** A path to write to, refused where it lies in the photos. */
const outside = async (flag: string, path: string, { photos, context }: { photos: string; context: Context }) => {
  const target = resolve(context.cwd, path);
  const folder = (await stat(photos)).isDirectory() ? photos : dirname(photos);
  if (target === folder || target.startsWith(folder + sep))
    throw optionError(`${flag} ${path} lies inside the photos (${folder})`, {
      hint: `Choose a place outside with ${flag}: what is written must not be scanned as photos.`,
    });
  return target;
};

const preview = async (
  task: AugmentTask,
  file: string,
  { options, context }: { options: Options; context: Context },
) => {
  const { previewAugmentation } = await import("../../pipeline/augment-photos.ts");
  const { readPolicy } = await import("../../pipeline/read-policy.ts");
  const { writeWhole } = await import("../../pipeline/run-folder.ts");
  const folder = dirname(file);
  if (!(await stat(folder).catch(() => null))?.isDirectory())
    throw optionError(`--preview ${file}: there is no folder ${folder}`, { hint: "Make it first." });
  const policy = typeof options.policy === "string" ? await readPolicy(options.policy) : null;
  const { png, isCaptioned, columns, photos } = await previewAugmentation({
    ...task,
    policy,
    draws: Number(options.draws ?? DRAWS),
  });
  await writeWhole(file, png);
  if (!isCaptioned)
    context.note(`! no font is installed, so captions are missing; columns from the left: ${columns.join(", ")}`);
  if (!context.json)
    context.print(
      `Saved ${printable(relative(context.cwd, file))}: ${count(photos.length, "photo")}, ${count(columns.length - 1, "version")} of each`,
    );
  return { file, columns, photos };
};

const copy = async (task: AugmentTask, out: string, { options, context }: { options: Options; context: Context }) => {
  const { writeCopies } = await import("../../pipeline/augment-photos.ts");
  const { readPolicy } = await import("../../pipeline/read-policy.ts");
  const { dataset } = task;
  const policy = await readPolicy(String(options.policy));
  if (dataset.classes.length === 0)
    throw dataError("E_UNLABELLED", `${dataset.root}: copies are written by class, and these photos have none`, {
      hint: "Put the photos into one folder a class.",
    });
  if (policy.mixes) context.note("! photos are varied but not mixed: a mixed picture is of two classes");
  if (dataset.items.some(({ split }) => split !== null && split !== "train"))
    context.note("! photos of validation and test folders are left out");
  const bar = context.progress("Varying", "img");
  const { pictures } = await writeCopies({
    ...task,
    policy,
    out,
    copies: Number(options.copies ?? COPIES),
    signal: context.signal,
    onProgress: (done, total) => bar.update(done, total),
  }).finally(() => bar.end());
  const written = Object.keys(pictures).length;
  if (!context.json) {
    const folder = printable(relative(context.cwd, out));
    context.print(`Saved ${folder}/: ${count(written, "picture")}, marked as made`);
    context.print(`Next: handful train ${printable(String(task.dataset.root))} --synthetic ${folder}`);
  }
  return { out, pictures: written };
};

export const command: CommandDefinition = {
  name: "augment",
  summary: "Show what augmentation makes of photos, or write varied copies to learn from.",
  arguments: "<photos>",
  options: [
    {
      flags: "--preview [file]",
      description: `write a picture of photos and their versions: every augmentation by itself, or draws of --policy (${DEFAULT_FILE} when left out)`,
    },
    { flags: "--policy <name>", description: "how photos are varied: a policy's name, or the path of a JSON file" },
    {
      flags: "--draws <number>",
      description: `versions of each photo in the preview of a policy (${DRAWS} when left out)`,
      parse: whole(1, 40),
    },
    { flags: "--out <folder>", description: "write varied copies there, one folder a class, marked as made" },
    {
      flags: "--copies <number>",
      description: `copies of each photo (${COPIES} when left out)`,
      parse: whole(1, 1000),
    },
    ...backboneOptions.filter(({ flags }) => seenBy.includes(flags.split(" ")[0]!)),
    { flags: "--seed <number>", description: "seed of all that is drawn by lot", parse: whole(0), byDefault: 0 },
  ],
  examples: [
    "handful augment ./photos",
    "handful augment ./photos --policy strong --preview strong.png",
    "handful augment ./photos --policy my-policy.json --out ./varied --copies 4",
  ],
  run: async ([given], options, context) => {
    const { checkPhotosPath, scanDataset } = await import("../../data/scan.ts");
    checkFlags(options);
    const { path: photos } = await checkPhotosPath(resolve(context.cwd, String(given)));
    const isPreview = options.preview !== undefined || options.out === undefined;
    const name = typeof options.preview === "string" ? options.preview : DEFAULT_FILE;
    const file = isPreview ? await outside("--preview", name, { photos, context }) : null;
    const out = typeof options.out === "string" ? await outside("--out", options.out, { photos, context }) : null;
    const { checkSyntheticFolder } = await import("../../data/synthetic.ts");
    if (out !== null) await checkSyntheticFolder(out);
    const { readPolicy } = await import("../../pipeline/read-policy.ts");
    if (typeof options.policy === "string") await readPolicy(options.policy); // before any photo is read
    const task: AugmentTask = {
      dataset: await scanDataset(photos),
      preprocess: await preprocessOf(options, context),
      seed: Number(options.seed),
      onUnreadable: ({ message }) => context.note(`! ${printable(message)}`),
    };
    const shown = file === null ? null : await preview(task, file, { options, context });
    const copied = out === null ? null : await copy(task, out, { options, context });
    if (context.json) context.print(JSON.stringify({ ...shown, ...copied }));
  },
};

import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { CommandDefinition } from "../command.ts";
import { printable } from "../format.ts";
import { machineOptions, whole } from "../options.ts";
import { version } from "../version.ts";
import { chooseBackbone, machineAsked, printEvidence, trainWithProgress } from "./_shared.ts";

/** Says that what lies beside it is the demo's, and may be drawn anew. */
const MARKER = ".handful-demo";

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** Makes the demo's folder; refuses one whose photos or model are not the demo's. */
const claim = async (folder: string, parts: readonly string[]): Promise<void> => {
  const marker = join(folder, MARKER);
  if (!(await isThere(marker)))
    for (const part of parts)
      if (await isThere(part))
        throw optionError(`--out ${folder}: holds a "${basename(part)}" that is not the demo's`, {
          hint: "Choose another folder with --out: the demo would write over it.",
        });
  await mkdir(folder, { recursive: true });
  await writeFile(marker, "");
};

export const command: CommandDefinition = {
  name: "demo",
  summary: "Draw a small set of photos, train on it and predict new ones: in seconds, offline.",
  arguments: "",
  options: [
    { flags: "--out <folder>", description: "folder for the photos and the model", byDefault: "handful-demo" },
    { flags: "--per-class <number>", description: "photos to draw a class", parse: whole(1, 1000), byDefault: 24 },
    ...machineOptions,
  ],
  examples: ["handful demo"],
  run: async (_args, options, context) => {
    const { writeDemoSet } = await import("../../data/demo.ts");
    const { openModel } = await import("../../pipeline/open-model.ts");
    const { picturesOf, predictPictures } = await import("../../pipeline/predict.ts");
    const { scanDataset } = await import("../../data/scan.ts");
    const folder = resolve(context.cwd, String(options.out));
    const [photos, fresh, out] = [join(folder, "photos"), join(folder, "new-photos"), join(folder, "model")];
    const seed = Number(options.seed);
    await claim(folder, [photos, fresh, out]);
    for (const path of [photos, fresh]) await rm(path, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    await writeDemoSet(photos, { seed, perClass: Number(options.perClass) });
    await writeDemoSet(fresh, { seed: seed + 1, perClass: 1 });
    const machine = await machineAsked(options, context);
    const backbone = await chooseBackbone({ offline: true }, context);
    const result = await trainWithProgress(
      {
        photos,
        out,
        backbone,
        head: "auto",
        seed,
        ...machine,
        keepConflicts: false,
        strict: false,
        now: context.now(),
        version: version(),
        commandLine: "handful demo",
      },
      context,
    );
    const model = await openModel(result.modelPath, { cacheDir: machine.cacheDir });
    const answers: { file: string; label: string; probability: number | null }[] = [];
    for await (const answer of predictPictures(model, picturesOf((await scanDataset(fresh)).items)))
      if ("prediction" in answer)
        answers.push({
          file: answer.name,
          label: answer.prediction.label ?? "unknown",
          probability: answer.prediction.probability,
        });
    await model.close();
    if (context.json) {
      context.print(
        JSON.stringify({
          photos,
          out,
          model: result.modelPath,
          accuracy: result.evidence.accuracy,
          predictions: answers,
        }),
      );
      return;
    }
    printEvidence(result, context);
    context.print("New photos, drawn after training:");
    for (const { file, label, probability } of answers)
      context.print(`  ${printable(file).padEnd(24)} ${printable(label)} ${probability?.toFixed(2) ?? ""}`);
    const shown = relative(context.cwd, folder) || ".";
    context.print(
      `${"Saved".padEnd(11)} ${shown}/model/  (model.onnx, report.html, metrics.json) in ${result.seconds.toFixed(0)} s`,
    );
    context.print(`Next: open ${shown}/model/report.html   |   handful inspect ./your-photos`);
  },
};

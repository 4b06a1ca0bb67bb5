import { resolve } from "node:path";
import type { CommandDefinition } from "../command.ts";
import { count, percent, percentRange, printable } from "../format.ts";
import { looksOptions, runtimeOptions } from "../options.ts";
import { machineAsked, withLooks } from "./_shared.ts";

export const command: CommandDefinition = {
  name: "eval",
  summary: "Score a model on a folder of labelled photos it has not seen.",
  arguments: "<model> <photos>",
  options: [...looksOptions, ...runtimeOptions],
  examples: ["handful eval runs/latest ./test-photos", "handful eval model.onnx labels.csv --json"],
  run: async ([model, photos], options, context) => {
    const { openModel } = await import("../../pipeline/open-model.ts");
    const { scanDataset } = await import("../../data/scan.ts");
    const { scoreModel } = await import("../../pipeline/score.ts");
    const opened = await openModel(resolve(context.cwd, String(model)), {
      ...(await machineAsked(options, context)),
    });
    try {
      const dataset = await scanDataset(resolve(context.cwd, String(photos)));
      const looking = await withLooks(opened, options);
      const bar = context.progress("Predicting", "img");
      const { score, notes } = await scoreModel(looking, dataset, (done, total) => bar.update(done, total));
      bar.end();
      for (const note of notes) context.note(`! ${printable(note)}`);
      if (context.json) {
        context.print(JSON.stringify({ ...score, notes }));
        return;
      }
      context.print(`            accuracy   balanced   95 % interval`);
      context.print(
        `${count(score.n, "photo").padEnd(11)} ${percent(score.accuracy).padStart(8)}   ${percent(score.balancedAccuracy).padStart(8)}   ${percentRange(score.interval)}`,
      );
      context.print(`calibrated  expected calibration error ${percent(score.ece)}`);
      context.print(`unknown     ${percent(score.unknownRate)} of the photos were called unknown`);
      for (const c of [...score.perClass].sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2)).slice(0, 5))
        if (c.recall !== null && c.recall < 1)
          context.print(
            `  ${printable(c.name)}: recall ${percent(c.recall, 0)} (${percentRange(c.interval)}) of ${c.images}`,
          );
    } finally {
      await opened.close();
    }
  },
};

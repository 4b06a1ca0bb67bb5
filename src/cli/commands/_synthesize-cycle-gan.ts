import { relative } from "node:path";
import type { CycleGanSettings } from "../../train/train-cycle-gan.ts";
import { printable } from "../format.ts";
import { whole } from "../options.ts";
import { printMade, type SynthesizeKind } from "./_synthesize-kind.ts";

const divisibleBy4 = (text: string): number => {
  const size = whole(32, 256)(text);
  if (size % 4 !== 0) throw new Error(`wanted a multiple of 4, got "${text}"`);
  return size;
};

/** From this side on the paper's patches of 70 px fit well into a picture; below, those of 34 px. */
const LARGE = 128;

/** The settings asked for, over those that go by themselves. */
const settingsOf = (options: Readonly<Record<string, unknown>>, defaults: CycleGanSettings): CycleGanSettings => {
  const number = (name: string, otherwise: number): number =>
    typeof options[name] === "number" ? options[name] : otherwise;
  const size = number("size", defaults.size);
  return {
    ...defaults,
    size,
    halvings: size >= LARGE ? 3 : 2,
    epochs: number("epochs", defaults.epochs),
    width: number("width", defaults.width),
    blocks: number("blocks", defaults.blocks),
  };
};

export const cycleGan: SynthesizeKind = {
  name: "cycle-gan",
  summary: "photos of each of two folders as they would look in the other, by a network trained on both",
  paths: ["<folder-a>", "<folder-b>"],
  options: [
    {
      flags: "--size <pixels>",
      description: "cycle-gan: side of the pictures (64 when left out)",
      parse: divisibleBy4,
    },
    {
      flags: "--epochs <number>",
      description: "cycle-gan: rounds through the larger folder (80 when left out)",
      parse: whole(1, 100_000),
    },
    { flags: "--width <channels>", description: "cycle-gan: width of the networks (16)", parse: whole(4, 128) },
    { flags: "--blocks <number>", description: "cycle-gan: residual blocks of a generator (4)", parse: whole(1, 12) },
    { flags: "--resume", description: "cycle-gan: go on with an interrupted run; needs the same --out and flags" },
  ],
  examples: ["handful synthesize cycle-gan ./photos/buttercup ./photos/windflower --out ./translated"],
  run: async ({ paths: [a, b], out, seed }, options, context) => {
    const { cycleGanDefaults } = await import("../../train/train-cycle-gan.ts");
    const { synthesizeCycleGan } = await import("../../pipeline/synthesize-cycle-gan.ts");
    const settings = settingsOf(options, cycleGanDefaults);
    const bar = context.progress("Training", "step");
    const three = (value: number): string => value.toFixed(3);
    const made = await synthesizeCycleGan({
      a: a!,
      b: b!,
      out,
      settings,
      seed,
      resume: options.resume === true,
      ...(typeof options.threads === "number" && { threads: options.threads }),
      signal: context.signal,
      onStep: (done, total) => bar.update(done, total),
      onEpoch: (epoch, { generator, discriminator, cycle }) => {
        if (epoch % Math.max(1, Math.floor(settings.epochs / 10)) === 0)
          bar.end(
            `Epoch ${String(epoch).padStart(5)} of ${settings.epochs}: generators ${three(generator)}, discriminators ${three(discriminator)}, cycle ${three(cycle)}`,
          );
      },
    }).finally(() => bar.end());
    if (context.json) {
      context.print(JSON.stringify({ out, ...made }));
      return;
    }
    printMade(made, out, context);
    const shown = (path: string): string => printable(relative(context.cwd, path));
    context.print(
      `${"Look at".padEnd(11)} ${shown(made.grid)} (photos above what became of them); losses: ${shown(made.losses)}`,
    );
  },
};

import { relative } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { Context, OptionDefinition } from "../command.ts";
import { count, firstOf, printable } from "../format.ts";

type Options = Readonly<Record<string, unknown>>;

/** One way of making pictures: `handful synthesize <name> <paths...>`. */
export interface SynthesizeKind {
  readonly name: string;
  readonly summary: string;
  /** What stands after the name, as the help shows it: "<photos>". */
  readonly paths: readonly string[];
  /** Flags of this kind, besides --out, --seed and --threads; without defaults, so that idle ones can be refused. */
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly string[];
  /** @param paths  absolute, as many as `paths`; @param out  absolute */
  run(
    task: { readonly paths: readonly string[]; readonly out: string; readonly seed: number },
    options: Options,
    context: Context,
  ): Promise<void>;
}

/** The name under which commander hands out an option: "--time-limit <seconds>" -> "timeLimit". */
export const optionName = ({ flags }: OptionDefinition): string =>
  (/--(?:no-)?([a-z-]+)/.exec(flags)?.[1] ?? "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Refuses flags that belong to another kind than the one asked for. */
export const refuseForeign = (kind: SynthesizeKind, kinds: readonly SynthesizeKind[], options: Options): void => {
  const own = new Set(kind.options.map(optionName));
  for (const other of kinds)
    for (const option of other.options) {
      const name = optionName(option);
      if (!own.has(name) && options[name] !== undefined && options[name] !== option.byDefault)
        throw optionError(`${option.flags.split(" ")[0]} is no flag of synthesize ${kind.name}`, {
          hint: `It belongs to synthesize ${other.name}.`,
        });
    }
};

/** What the output begins with: how many pictures lie where, and what was left out. */
export const printMade = (
  made: {
    readonly pictures: number;
    readonly classes: readonly string[];
    readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  },
  out: string,
  { print, note, cwd }: Context,
): void => {
  if (made.skipped.length > 0) {
    const shown = made.skipped.map(({ name, reason }) => `${printable(name)} (${printable(reason)})`);
    note(`${"Left out".padEnd(11)} ${count(made.skipped.length, "photo")}: ${firstOf(shown, 3)}`);
  }
  const folder = printable(relative(cwd, out) || ".");
  print(
    `${"Made".padEnd(11)} ${count(made.pictures, "picture")} of ${firstOf(made.classes.map(printable), 6)} in ${folder}/`,
  );
};

import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import type { CommandDefinition, OptionDefinition } from "../command.ts";
import type { DataAction } from "./_data-action.ts";
import { remoteActions } from "./_data-remote.ts";
import { specAction } from "./_data-spec.ts";
import { storeActions } from "./_data-store.ts";
import { splitAction } from "./_data-split.ts";
import { versionActions } from "./_data-versions.ts";
import { optionName } from "./_synthesize-kind.ts";

const actions: readonly DataAction[] = [...versionActions, ...storeActions, ...remoteActions, specAction, splitAction];

const shared: readonly OptionDefinition[] = [
  { flags: "--in <folder>", description: "the folder of photos; the current one, or one above it, when left out" },
];

/** The flags of all actions, each once. */
const allOptions: readonly OptionDefinition[] = [
  ...new Map(
    [...shared, ...actions.flatMap(({ options }) => options)].map((option) => [option.flags, option]),
  ).values(),
];

/** Refuses flags and arguments that the action would ignore. */
const checkGiven = (action: DataAction, args: readonly string[], options: Readonly<Record<string, unknown>>): void => {
  const own = new Set([...(action.isLoose ? [] : shared), ...action.options].map(optionName));
  const foreign = allOptions.find(
    (option) => !own.has(optionName(option)) && options[optionName(option)] !== undefined,
  );
  if (foreign)
    throw optionError(`${/--[a-z-]+/.exec(foreign.flags)![0]} is no flag of data ${action.name}`, {
      hint: action.examples[0]!,
    });
  const most = action.arguments.match(/[[<]/g)?.length ?? 0;
  if (args.length > most)
    throw optionError(`data ${action.name}: wanted ${action.arguments || "nothing more"}, got ${args.join(" ")}`, {
      hint: action.examples[0]!,
    });
};

export const command: CommandDefinition = {
  name: "data",
  summary: `Versions of a folder of photos, and what it should be like: ${actions.map(({ name }) => name).join(", ")}.`,
  details: actions.map(({ name, arguments: after, summary }) => `${name} ${after}: ${summary}`).join("\n"),
  arguments: "<action> [arguments...]",
  options: allOptions,
  examples: actions.flatMap(({ examples }) => examples),
  run: async ([asked, given], options, context) => {
    const action = actions.find(({ name }) => name === asked);
    if (!action)
      throw unknownName(
        "action",
        String(asked),
        actions.map(({ name }) => name),
      );
    const args = given as readonly string[];
    checkGiven(action, args, options);
    return action.run(args, options, context);
  },
};

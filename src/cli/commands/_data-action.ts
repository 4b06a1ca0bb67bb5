import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { LockOptions } from "../../data/versions/lock.ts";
import type { Store } from "../../data/versions/store.ts";
import type { Context, OptionDefinition } from "../command.ts";
import { whole } from "../options.ts";

export type Options = Readonly<Record<string, unknown>>;

/** One thing to do with the versions of a folder: `handful data <name> ...`. */
export interface DataAction {
  readonly name: string;
  readonly summary: string;
  /** What stands after the name, as the help shows it: "[from] [to]". */
  readonly arguments: string;
  /** Whether it needs no versions to be kept, so that --in says nothing to it. */
  readonly isLoose?: true;
  /** Flags of this action, besides --in. */
  readonly options: readonly OptionDefinition[];
  readonly examples: readonly string[];
  run(args: readonly string[], options: Options, context: Context): Promise<number | void>;
}

/** Flags of actions that write. */
export const writingOptions: readonly OptionDefinition[] = [
  {
    flags: "--wait <seconds>",
    description: "how long to wait while another command writes; 10 when left out",
    parse: whole(0, 86_400),
  },
  { flags: "--break-lock", description: "take over from a command that is surely gone, on another machine say" },
];

const DEFAULT_WAIT_SECONDS = 10;

export const lockOf = (what: string, options: Options, { now }: Context): LockOptions => ({
  what: `handful data ${what}`,
  now: now(),
  waitMs: 1000 * (typeof options.wait === "number" ? options.wait : DEFAULT_WAIT_SECONDS),
  force: options.breakLock === true,
});

/** The folder meant: the one named, that of --in, or the one at or above the current folder. */
export const folderOf = (named: string | undefined, options: Options, { cwd }: Context): string => {
  if (named !== undefined && typeof options.in === "string")
    throw optionError("two folders were given", { hint: "Name it once: behind the action or by --in." });
  return resolve(cwd, named ?? (typeof options.in === "string" ? options.in : "."));
};

/** Opens the store of the folder meant, and closes it after `body`. */
export const withStore = async <T>(
  folder: string,
  mode: "read" | "write",
  body: (store: Store) => Promise<T> | T,
): Promise<T> => {
  const { findStore, openStore } = await import("../../data/versions/store.ts");
  const store = openStore(findStore(folder) ?? folder, mode);
  try {
    return await body(store);
  } finally {
    store.close();
  }
};

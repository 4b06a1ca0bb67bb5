import { stat } from "node:fs/promises";
import { join } from "node:path";
import { count } from "../format.ts";
import { whole } from "../options.ts";
import { exitCodes } from "../errors.ts";
import { folderOf, lockOf, withStore, writingOptions, type DataAction } from "./_data-action.ts";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const check: DataAction = {
  name: "check",
  summary: "whether all that was kept is whole; exit 4 where it is not",
  arguments: "[folder]",
  options: [{ flags: "--read-data", description: "check: read every byte, so that none that changed is missed" }],
  examples: ["handful data check ./photos --read-data"],
  run: async ([named], options, context) => {
    const { checkStore } = await import("../../data/versions/check-store.ts");
    return withStore(folderOf(named, options, context), "read", async (store) => {
      const bar = context.progress("Checking", "pack");
      const readData = options.readData === true;
      const found = await checkStore(store, { readData, onProgress: bar.update, signal: context.signal }).finally(() =>
        bar.end(),
      );
      const { faults, commits, packs, objects, bytesRead } = found;
      if (context.json) context.print(JSON.stringify(found));
      else {
        for (const { code, message } of faults) context.print(`! ${message} (${code})`);
        const read = readData ? `, ${megabytes(bytesRead)} read` : "; bytes of files not read (--read-data)";
        context.print(
          `${count(commits, "commit")}, ${count(packs, "pack")}, ${count(objects, "object")}${read}: ${faults.length === 0 ? "all whole" : count(faults.length, "fault")}`,
        );
      }
      return faults.length === 0 ? 0 : exitCodes.damaged;
    });
  },
};

const DEFAULT_GRACE_DAYS = 14;
const DAY_MS = 86_400_000;

const gc: DataAction = {
  name: "gc",
  summary: "delete what no version holds any more",
  arguments: "[folder]",
  options: [
    {
      flags: "--grace <days>",
      description: `gc: what was written later than so long ago stays; ${DEFAULT_GRACE_DAYS} when left out`,
      parse: whole(0, 36_500),
    },
    ...writingOptions,
  ],
  examples: ["handful data gc ./photos"],
  run: async ([named], options, context) => {
    const { collectGarbage } = await import("../../data/versions/collect-garbage.ts");
    return withStore(folderOf(named, options, context), "write", async (store) => {
      const days = typeof options.grace === "number" ? options.grace : DEFAULT_GRACE_DAYS;
      const done = await collectGarbage(store, { lock: lockOf("gc", options, context), graceMs: days * DAY_MS });
      if (context.json) return context.print(JSON.stringify(done));
      context.print(`${count(done.objects, "object")} deleted, ${megabytes(done.freedBytes)} freed`);
    });
  },
};

const rebuild: DataAction = {
  name: "rebuild",
  summary: "write a damaged catalogue anew from the packs",
  arguments: "[folder]",
  options: [],
  examples: ["handful data rebuild ./photos"],
  run: async ([named], options, context) => {
    const { findStore, openStore } = await import("../../data/versions/store.ts");
    const { rebuildCatalogue } = await import("../../data/versions/rebuild-catalogue.ts");
    const folder = folderOf(named, options, context);
    const root = findStore(folder) ?? folder;
    await stat(root);
    const done = rebuildCatalogue(join(root, ".handful"));
    openStore(root, "write").close();
    if (context.json) return context.print(JSON.stringify(done));
    for (const fault of done.faults) context.print(`! ${fault}`);
    context.print(`catalogue written anew: ${count(done.commits, "commit")}, ${count(done.objects, "object")}`);
    if (done.tags.length > 0) context.print(`Other ends of history are tagged ${done.tags.join(", ")}`);
    context.print("Tags are not in packs: give them again with handful data tag");
    return done.faults.length === 0 ? 0 : exitCodes.damaged;
  },
};

/** Looking after the store itself. */
export const storeActions: readonly DataAction[] = [check, gc, rebuild];

import { resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { RemoteAddress } from "../../data/versions/open-remote.ts";
import type { Remote } from "../../data/versions/remote.ts";
import type { Store } from "../../data/versions/store.ts";
import type { Context, OptionDefinition } from "../command.ts";
import { count, printable } from "../format.ts";
import { folderOf, lockOf, withStore, writingOptions, type DataAction, type Options } from "./_data-action.ts";

const SETTING = "remote";

/** The place named, which is remembered once it has been reached, else the one remembered. */
const addressOf = (store: Store, where: string | undefined, options: Options, { cwd }: Context): RemoteAddress => {
  const known = store.catalogue.setting(SETTING);
  if (where === undefined && known === null)
    throw optionError("no place was named", {
      hint: "handful data push /mnt/backup, or handful data push s3://bucket/photos",
    });
  const before = known === null ? null : (JSON.parse(known) as RemoteAddress);
  const place = where === undefined ? before!.where : where.startsWith("s3://") ? where : resolve(cwd, where);
  const endpoint =
    typeof options.endpoint === "string" ? options.endpoint : before?.where === place ? before.endpoint : undefined;
  return { where: place, ...(endpoint !== undefined && { endpoint }) };
};

/** Opens the remote meant for as long as `body` runs. */
const withRemote = async <T>(
  store: Store,
  address: RemoteAddress,
  body: (remote: Remote) => Promise<T>,
): Promise<T> => {
  const { openRemote } = await import("../../data/versions/open-remote.ts");
  const remote = await openRemote(address);
  try {
    const result = await body(remote);
    store.catalogue.set(SETTING, JSON.stringify(address));
    return result;
  } finally {
    remote.close();
  }
};

const remoteOptions: readonly OptionDefinition[] = [
  { flags: "--endpoint <url>", description: "push, pull: server of an s3:// place that is not AWS" },
  ...writingOptions,
];

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const push: DataAction = {
  name: "push",
  summary: "send versions to a folder or an S3 bucket",
  arguments: "[where]",
  options: remoteOptions,
  examples: ["handful data push /mnt/backup --in ./photos", "handful data push s3://bucket/photos --in ./photos"],
  run: async ([where], options, context) => {
    const versions = await import("../../data/versions/push.ts");
    return withStore(folderOf(undefined, options, context), "write", async (store) => {
      const bar = context.progress("Sending", "byte");
      const address = addressOf(store, where, options, context);
      const done = await withRemote(store, address, (remote) =>
        versions.push(store, remote, {
          lock: lockOf("push", options, context),
          onProgress: bar.update,
          signal: context.signal,
        }),
      ).finally(() => bar.end());
      if (context.json) return context.print(JSON.stringify({ ...address, ...done }));
      const sent = `${count(done.objects, "object")}, ${megabytes(done.sentBytes)}`;
      context.print(`${printable(address.where)}: ${done.objects === 0 ? "all was there already" : `${sent} sent`}`);
    });
  },
};

const pull: DataAction = {
  name: "pull",
  summary: "fetch versions from there",
  arguments: "[where]",
  options: [
    { flags: "--repair", description: "pull: read all that is here, and fetch anew what is damaged" },
    ...remoteOptions,
  ],
  examples: ["handful data pull /mnt/backup --in ./photos", "handful data pull --repair --in ./photos"],
  run: async ([where], options, context) => {
    const versions = await import("../../data/versions/pull.ts");
    return withStore(folderOf(undefined, options, context), "write", async (store) => {
      const bar = context.progress("Fetching", "object");
      const address = addressOf(store, where, options, context);
      const done = await withRemote(store, address, (remote) =>
        versions.pull(store, remote, {
          lock: lockOf("pull", options, context),
          repair: options.repair === true,
          onProgress: bar.update,
          signal: context.signal,
        }),
      ).finally(() => bar.end());
      if (context.json) return context.print(JSON.stringify({ ...address, ...done }));
      const got = `${count(done.objects, "object")}, ${megabytes(done.receivedBytes)}`;
      context.print(`${printable(address.where)}: ${done.objects === 0 ? "all was here already" : `${got} fetched`}`);
      if (done.moved) context.print("Next: handful data diff head main, then handful data checkout main");
    });
  },
};

/** Versions in other places. */
export const remoteActions: readonly DataAction[] = [push, pull];

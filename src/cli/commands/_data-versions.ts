import { stat } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { optionError } from "../../base/errors.ts";
import type { Entry } from "../../data/versions/entry.ts";
import type { Step } from "../../data/versions/history.ts";
import type { Store } from "../../data/versions/store.ts";
import type { Context } from "../command.ts";
import { count, firstOf, printable } from "../format.ts";
import { whole } from "../options.ts";
import { version as program } from "../version.ts";
import { folderOf, lockOf, withStore, writingOptions, type DataAction } from "./_data-action.ts";
import { changeLines, changesAsJson, changesInWords, short, stepLine } from "./_data-changes.ts";

const init: DataAction = {
  name: "init",
  summary: "begin to keep versions of a folder",
  arguments: "[folder or manifest]",
  options: [],
  examples: ["handful data init ./photos"],
  run: async ([named], options, context) => {
    const { initStore } = await import("../../data/versions/store.ts");
    const { checkPhotosPath } = await import("../../data/scan.ts");
    const { path, isFolder } = await checkPhotosPath(folderOf(named, options, context));
    const root = isFolder ? path : dirname(path);
    const created = initStore(root, { labels: isFolder ? null : path, createdBy: `handful ${program()}` });
    const shown = printable(relative(context.cwd, root) || ".");
    if (context.json) return context.print(JSON.stringify({ folder: root, created }));
    context.print(
      created ? `Versions of ${shown} are kept in ${shown}/.handful` : `Versions of ${shown} were kept already`,
    );
    context.print(`Next: handful data commit -m "first photos"${shown === "." ? "" : ` --in ${shown}`}`);
  },
};

/** What refers to a commit, as people name it. */
const namesOf = (refs: readonly { readonly name: string; readonly commit: string }[], id: string): string[] =>
  refs.filter(({ commit }) => commit === id).map(({ name }) => name.replace(/^tag\//, ""));

const status: DataAction = {
  name: "status",
  summary: "what changed since the last version",
  arguments: "[folder]",
  options: [],
  examples: ["handful data status ./photos"],
  run: async ([named], options, context) => {
    const { takeStock } = await import("../../data/versions/stock.ts");
    const { filesOf, HEAD, MAIN, readCommit } = await import("../../data/versions/history.ts");
    const { differenceOf } = await import("../../data/versions/difference.ts");
    return withStore(folderOf(named, options, context), "read", async (store) => {
      const refs = store.catalogue.refs();
      const head = store.catalogue.ref(HEAD);
      const bar = context.progress("Looking", "file");
      const stock = await takeStock(store, { onProgress: bar.update, signal: context.signal }).finally(() => bar.end());
      const changes = differenceOf(filesOf(store, head), stock.entries);
      const step = head === null ? null : readCommit(store, head);
      if (context.json) return context.print(JSON.stringify({ at: step, ...changesAsJson(changes) }));
      const main = store.catalogue.ref(MAIN);
      const none = main === null ? "no version yet" : "no version is checked out yet: handful data checkout main";
      context.print(step ? `at ${stepLine(step, namesOf(refs, step.id))}` : none);
      if (step && head !== main) context.print("main is elsewhere: handful data log, handful data diff main");
      for (const line of changeLines(changes)) context.print(line);
      for (const { message } of stock.warnings) context.note(`! ${printable(message)}`);
    });
  },
};

const commit: DataAction = {
  name: "commit",
  summary: "keep what the folder holds as a version",
  arguments: "[folder]",
  options: [{ flags: "-m, --message <text>", description: "commit, tag: what is new in it" }, ...writingOptions],
  examples: ['handful data commit ./photos -m "40 photos of rivets"'],
  run: async ([named], options, context) => {
    if (typeof options.message !== "string" || options.message.trim() === "")
      throw optionError("no message was given", {
        hint: 'Say what is new: handful data commit -m "40 photos of rivets"',
      });
    const message = options.message;
    const { commitFolder } = await import("../../data/versions/commit.ts");
    return withStore(folderOf(named, options, context), "write", async (store) => {
      const bar = context.progress("Storing", "file");
      const lock = lockOf("commit", options, context);
      const done = await commitFolder(store, { message, lock, onProgress: bar.update, signal: context.signal }).finally(
        () => bar.end(),
      );
      const { version, changes, skipped, warnings, photos, classes } = done;
      for (const { message: text } of warnings) context.note(`! ${printable(text)}`);
      if (skipped.length > 0)
        context.note(
          `! ${count(skipped.length, "file")} not taken: ${firstOf(
            skipped.map(({ name, reason }) => `${printable(name)} (${printable(reason)})`),
            3,
          )}`,
        );
      if (context.json)
        return context.print(
          JSON.stringify({ version, commit: done.commit, photos, classes, ...changesAsJson(changes) }),
        );
      const what = done.commit === null ? "nothing changed" : changesInWords(changes);
      context.print(`version ${short(version)}  ${count(photos, "photo")}, ${count(classes, "class")}: ${what}`);
    });
  },
};

const DEFAULT_STEPS = 20;

const log: DataAction = {
  name: "log",
  summary: "the versions there are",
  arguments: "[folder]",
  options: [
    {
      flags: "--limit <number>",
      description: `log: how many versions; ${DEFAULT_STEPS} when left out`,
      parse: whole(1),
    },
  ],
  examples: ["handful data log ./photos"],
  run: async ([named], options, context) => {
    const { historyOf, readManifestRoot } = await import("../../data/versions/history.ts");
    return withStore(folderOf(named, options, context), "read", (store) => {
      const refs = store.catalogue.refs();
      const most = typeof options.limit === "number" ? options.limit : DEFAULT_STEPS;
      const steps: (Step & { names: string[]; photos: number; classes: number })[] = [];
      let more = false;
      for (const step of historyOf(store, [...new Set(refs.map((ref) => ref.commit))])) {
        more = steps.length === most;
        if (more) break;
        const { photos, classes } = readManifestRoot(store, step.version);
        steps.push({ ...step, names: namesOf(refs, step.id), photos, classes });
      }
      if (context.json) return context.print(JSON.stringify(steps));
      if (steps.length === 0) context.print("no version yet");
      for (const step of steps)
        context.print(`${stepLine(step, step.names)}  ${count(step.photos, "photo")}, ${count(step.classes, "class")}`);
      if (more) context.print("... and more (--limit)");
    });
  },
};

/** Reads the version that a model was trained on out of its file; other names stay as they are. */
const versionNamed = async (text: string, { cwd }: Context): Promise<string> => {
  const path = resolve(cwd, text);
  if (!text.endsWith(".onnx") && !(await stat(resolve(path, "model.onnx")).catch(() => null))) return text;
  const { inspectModel, readModelFile } = await import("../../artifact/load.ts");
  const { modelPath } = await import("../../pipeline/open-model.ts");
  return inspectModel(await readModelFile(await modelPath(path))).metadata.dataset.version;
};

const filesOfVersion = async (store: Store, text: string, context: Context): Promise<Entry[]> => {
  const { resolveVersion } = await import("../../data/versions/resolve-version.ts");
  const { readManifest } = await import("../../data/versions/history.ts");
  return readManifest(store, resolveVersion(store, await versionNamed(text, context)).version);
};

const diff: DataAction = {
  name: "diff",
  summary: "what changed from one version to another, or to the folder as it is",
  arguments: "[from] [to]",
  options: [],
  examples: ["handful data diff v1 v2 --in ./photos", "handful data diff runs/latest --in ./photos"],
  run: async ([from = "head", to], options, context) => {
    const { takeStock } = await import("../../data/versions/stock.ts");
    const { differenceOf } = await import("../../data/versions/difference.ts");
    return withStore(folderOf(undefined, options, context), "read", async (store) => {
      const before = await filesOfVersion(store, from, context);
      const after =
        to === undefined
          ? (await takeStock(store, { signal: context.signal })).entries
          : await filesOfVersion(store, to, context);
      const changes = differenceOf(before, after);
      if (context.json) return context.print(JSON.stringify(changesAsJson(changes)));
      for (const line of changeLines(changes)) context.print(line);
    });
  },
};

const checkout: DataAction = {
  name: "checkout",
  summary: "turn the folder into a version",
  arguments: "<version>",
  options: [
    { flags: "--force", description: "checkout: even where the folder holds what no version does, which is put aside" },
    ...writingOptions,
  ],
  examples: ["handful data checkout v1 --in ./photos", "handful data checkout main~1 --in ./photos"],
  run: async ([named], options, context) => {
    if (named === undefined) throw optionError("no version was given", { hint: "handful data checkout main" });
    const { checkoutVersion } = await import("../../data/versions/checkout.ts");
    const { resolveVersion } = await import("../../data/versions/resolve-version.ts");
    return withStore(folderOf(undefined, options, context), "write", async (store) => {
      const to = resolveVersion(store, await versionNamed(named, context));
      const bar = context.progress("Writing", "file");
      const done = await checkoutVersion(store, {
        to,
        force: options.force === true,
        lock: lockOf("checkout", options, context),
        onProgress: bar.update,
        signal: context.signal,
      }).finally(() => bar.end());
      if (context.json) return context.print(JSON.stringify(done));
      context.print(`at ${stepLine(to, [])}: ${count(done.written, "file")} written, ${done.deleted} deleted`);
      if (done.rescued !== null)
        context.print(`What was in no version is put aside until gc: handful data checkout ${short(done.rescued)}`);
    });
  },
};

const tag: DataAction = {
  name: "tag",
  summary: "name a version, or list the names",
  arguments: "[name] [version]",
  options: [{ flags: "--delete", description: "tag: take the name away" }, ...writingOptions],
  examples: ["handful data tag v1 --in ./photos", "handful data tag v1 --delete --in ./photos"],
  run: async ([name, at = "head"], options, context) => {
    const { listTags, moveTag } = await import("../../data/versions/tags.ts");
    const { resolveVersion } = await import("../../data/versions/resolve-version.ts");
    const folder = folderOf(undefined, options, context);
    if (name === undefined)
      return withStore(folder, "read", (store) => {
        const tags = listTags(store);
        if (context.json) return context.print(JSON.stringify(tags));
        for (const { tag: each, step } of tags) context.print(`${printable(each).padEnd(16)} ${stepLine(step, [])}`);
      });
    return withStore(folder, "write", async (store) => {
      const step = options.delete === true ? null : resolveVersion(store, at);
      await moveTag(store, name, step, lockOf("tag", options, context));
      if (context.json) return context.print(JSON.stringify({ tag: name, version: step?.version ?? null }));
      context.print(
        step ? `${name} is version ${short(step.version)}` : `${name} names nothing any more; its version stays`,
      );
    });
  },
};

/** Making, seeing and going back to versions. */
export const versionActions: readonly DataAction[] = [init, status, commit, log, diff, checkout, tag];

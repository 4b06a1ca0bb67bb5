import { basename, relative, resolve } from "node:path";
import type { CollectionFindings } from "../../data/collection/check-collection.ts";
import type { InspectedCollection } from "../../pipeline/inspect-collection.ts";
import { BORDER_ADVICE, borderText } from "../../report/collection-page.ts";
import type { Context } from "../command.ts";
import { count, firstOf, printable } from "../format.ts";
import { windowAsked } from "./_shared.ts";

const SHOWN = 3;

const printPhotos = ({ photos }: CollectionFindings, names: (index: number) => string, { print }: Context): void => {
  for (const title of new Set(photos.map((fault) => fault.title))) {
    const own = photos.filter((fault) => fault.title === title);
    const named = own.map(({ index, text }) => `${printable(names(index))} (${text})`);
    print(`! ${title}: ${count(own.length, "photo")}: ${firstOf(named, SHOWN)}`);
    print(`    ${own[0]!.advice}`);
  }
};

const printClasses = ({ classes, tags, untagged }: CollectionFindings, { print }: Context): void => {
  for (const title of new Set(classes.map((fault) => fault.title))) {
    const own = classes.filter((fault) => fault.title === title);
    print(
      `! ${title}: ${firstOf(
        own.map(({ name, text }) => `${printable(name)} (${text})`),
        SHOWN,
      )}`,
    );
    print(`    ${own[0]!.advice}`);
  }
  if (tags.length > 0)
    print(
      `! capture conditions missing: ${firstOf(
        tags.map(({ name, text }) => printable(name === null ? text : `${name}: ${text}`)),
        SHOWN,
      )}`,
    );
  for (const { tag, items } of untagged)
    print(`! no known value of "${printable(tag)}": ${count(items.length, "photo")}`);
};

const asJson = ({ dataset, audit, findings, border }: InspectedCollection, page: string): unknown => {
  const name = (index: number): string => dataset.items[index]!.name;
  return {
    root: dataset.root,
    images: dataset.items.length,
    unreadable: [...dataset.skipped, ...audit.unreadable].map(({ name, code, reason }) => ({ name, code, reason })),
    photos: findings.photos.map(({ index, ...fault }) => ({ name: name(index), ...fault })),
    classes: findings.classes,
    tags: findings.tags,
    untagged: findings.untagged.map(({ tag, items }) => ({ tag, names: items.map(name) })),
    border,
    page,
  };
};

/** Everything that is not as asked, in lines. */
const printFound = (found: InspectedCollection, asksBorder: boolean, context: Context): void => {
  const { dataset, audit, findings, border } = found;
  const { print } = context;
  print(`photos: ${count(dataset.items.length, "image")}, ${count(dataset.classes.length, "class")}`);
  const unreadable = [...dataset.skipped, ...audit.unreadable].map(
    ({ name, reason }) => `${printable(name)} (${reason})`,
  );
  if (unreadable.length > 0) print(`! ${count(unreadable.length, "file")} not usable: ${firstOf(unreadable, SHOWN)}`);
  printPhotos(findings, (index) => dataset.items[index]!.name, context);
  printClasses(findings, context);
  if (border) print(`${border.isOver ? "!" : " "} ${borderText(border)}`);
  else if (asksBorder) print("  the border was not asked: that needs two classes, and photos of each to hold out");
  if (border?.isOver) print(`    ${BORDER_ADVICE}`);
};

const hasFaults = ({ dataset, audit, findings, border }: InspectedCollection): boolean => {
  const { photos, classes, tags, untagged } = findings;
  const lists = [dataset.skipped, audit.unreadable, photos, classes, tags, untagged];
  return lists.some(({ length }) => length > 0) || border?.isOver === true;
};

/**
 * `inspect --spec`: prints what is not as the specification asks, and writes a page of pictures.
 *
 * @returns 3 with --strict where there is any such thing
 */
export const runInspectSpec = async (
  photos: string,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<number> => {
  const { checkPhotosPath } = await import("../../data/scan.ts");
  const { readCollectionSpec } = await import("../../data/collection/collection-spec.ts");
  const { inspectCollection } = await import("../../pipeline/inspect-collection.ts");
  const { writeWhole } = await import("../../pipeline/run-folder.ts");
  const { collectionPage } = await import("../../report/collection-page.ts");
  const path = resolve(context.cwd, photos);
  await checkPhotosPath(path);
  const spec = await readCollectionSpec(resolve(context.cwd, String(options.spec)));
  const bar = context.progress("Checking", "img");
  const found = await inspectCollection({
    photos: path,
    spec,
    seed: Number(options.seed),
    groupBy: options.groupBy as RegExp | undefined,
    window: windowAsked(options),
    onProgress: (done, total) => {
      context.signal.throwIfAborted();
      bar.update(done, total);
    },
  }).finally(() => bar.end());
  const page = resolve(context.cwd, typeof options.page === "string" ? options.page : "spec.html");
  const title = `Photos of ${basename(path)} against ${basename(String(options.spec))}`;
  await writeWhole(page, collectionPage(title, found.page));
  const failed = hasFaults(found);
  if (context.json) context.print(JSON.stringify(asJson(found, page)));
  else {
    printFound(found, spec.border !== undefined, context);
    const shown = printable(relative(context.cwd, page));
    context.print(failed ? `Look at them: ${shown}` : `All photos are as specified. Page: ${shown}`);
  }
  return options.strict === true && failed ? 3 : 0;
};

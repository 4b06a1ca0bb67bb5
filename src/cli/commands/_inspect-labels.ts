import { basename, relative, resolve } from "node:path";
import type { Context } from "../command.ts";
import { count, printable } from "../format.ts";
import { chooseBackbone, machineAsked } from "./_shared.ts";

/** Labels printed; the page shows all. */
const PRINTED = 20;

/** `inspect --labels`: prints the doubtful labels and writes a page of pictures. */
export const runInspectLabels = async (
  photos: string,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<void> => {
  const { checkPhotosPath } = await import("../../data/scan.ts");
  const { inspectLabels } = await import("../../pipeline/inspect-labels.ts");
  const { writeWhole } = await import("../../pipeline/run-folder.ts");
  const { labelPage } = await import("../../report/label-page.ts");
  const path = resolve(context.cwd, photos);
  await checkPhotosPath(path);
  const backbone = await chooseBackbone(options, context);
  const embedding = context.progress("Embedding", "img");
  const judging = context.progress("Judging", "fit");
  const found = await inspectLabels({
    photos: path,
    backbone,
    seed: Number(options.seed),
    ...(await machineAsked(options, context)),
    ...(typeof options.features === "string" && { features: options.features }),
    on: { embedding: ({ done, total }) => embedding.update(done, total) },
    onProgress: (done, total) => {
      embedding.end();
      judging.update(done, total);
    },
    signal: context.signal,
  });
  judging.end();
  const page = resolve(context.cwd, typeof options.page === "string" ? options.page : "labels.html");
  await writeWhole(page, labelPage(`Labels of ${basename(path)} to look at`, found.doubtful));
  if (context.json) {
    const doubtful = found.doubtful.map(({ picture: _picture, ...one }) => one);
    context.print(JSON.stringify({ ...found, doubtful, page }));
    return;
  }
  context.print(`${count(found.photos, "photo")}; ${found.protocol}`);
  if (found.doubtful.length === 0) context.print("No label is in doubt.");
  for (const { kind, name, label, why } of found.doubtful.slice(0, PRINTED))
    context.print(`  ${kind.padEnd(13)} ${printable(name)}  labelled ${printable(label)}, ${printable(why)}`);
  if (found.doubtful.length > PRINTED) context.print(`  and ${found.doubtful.length - PRINTED} more on the page`);
  context.print(`Look at them: ${printable(relative(context.cwd, page))}`);
};

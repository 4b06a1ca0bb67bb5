import { z } from "zod";
import type { DataFormat, Listing, PlacedItem } from "../data-format.ts";
import { isImageName } from "../names.ts";
import { splitOf } from "../split-names.ts";
import { columnsOf, createGatherer, readJson } from "./_gather.ts";

const result = z.looseObject({ value: z.looseObject({ choices: z.array(z.string()).optional() }).optional() });
const annotation = z.looseObject({ was_cancelled: z.boolean().nullish(), result: z.array(result) });
const task = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  annotations: z.array(annotation).optional(),
});

type Task = z.infer<typeof task>;

/** Whether parsed JSON is of this kind: a list of tasks, whole or in its short form. */
export const isLabelStudio = (value: unknown): boolean =>
  Array.isArray(value) &&
  typeof value[0] === "object" &&
  value[0] !== null &&
  ("data" in value[0] || "image" in value[0]);

/** What our own lists say beside the image, and what the short form adds. */
const OWN = new Set(["split", "group"]);
const SHORT = new Set(["id", "choice", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"]);

/** The data of a task: in the short form everything beside its own keys. */
const dataOf = (one: Task): Record<string, unknown> =>
  one.data ?? Object.fromEntries(Object.entries(one).filter(([key]) => !SHORT.has(key)));

/** Which key of the data names the image: `image`, else the one whose text looks like one. */
const imageKey = (data: Readonly<Record<string, unknown>>): string | undefined =>
  typeof data.image === "string"
    ? "image"
    : Object.keys(data).find((key) => typeof data[key] === "string" && isImageName(data[key].split("?")[0]!));

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The files that an address may mean, or why it means none here. */
const readingsOf = (address: string): string[] | string => {
  const local = /^\/data\/local-files\/\?d=(.*)$/s.exec(address)?.[1];
  if (local !== undefined) return [decoded(local)];
  const upload = /^\/data\/upload\/(.*)$/s.exec(address)?.[1];
  if (upload !== undefined) {
    const name = decoded(upload.slice(upload.lastIndexOf("/") + 1));
    return [decoded(upload), name, name.replace(/^[0-9a-f]{8}-/, "")];
  }
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(address)
    ? "lies on the network: fetch the photos first, and name their folder by --images"
    : [address];
};

/** The labels that people gave, each once; skipped tasks have none. */
const labelsOf = (one: Task): string[] => {
  if (typeof one.choice === "string") return one.choice === "" ? [] : [one.choice];
  const results = (one.annotations ?? [])
    .filter(({ was_cancelled }) => was_cancelled !== true)
    .flatMap((a) => a.result);
  return [...new Set(results.flatMap(({ value }) => value?.choices ?? []))];
};

const HINT = "One choice a task; where photos lie elsewhere: --images <folder>.";

const read = async (path: string, images?: string): Promise<Listing> => {
  const tasks = await readJson(path, z.array(task), "tasks of Label Studio");
  const gatherer = await createGatherer(path, images, HINT);
  let boxes = 0;
  for (const [i, one] of tasks.entries()) {
    const where = `task ${String(one.id ?? i + 1)}`;
    const data = dataOf(one);
    const key = imageKey(data);
    const readings = key === undefined ? "names no image" : readingsOf(String(data[key]));
    const found = typeof readings === "string" ? { fault: readings } : gatherer.find(readings);
    const labels = labelsOf(one);
    if ("fault" in found) gatherer.fault(where, found.fault);
    else if (labels.length > 1) gatherer.fault(where, `several labels (${labels.join(", ")}), wanted one`);
    else {
      if (labels.length === 0 && (one.annotations ?? []).some((a) => a.result.length > 0)) boxes++;
      const others = Object.entries(data).filter(([name]) => name !== key && !OWN.has(name));
      gatherer.add({
        ...found,
        label: labels[0] ?? null,
        split: splitOf(typeof data.split === "string" ? data.split : ""),
        group: typeof data.group === "string" ? data.group : null,
        ...columnsOf(Object.fromEntries(others)),
      });
    }
  }
  return gatherer.end(
    boxes > 0 ? [`${boxes} photos have annotations without a choice (boxes, say): they come without a label`] : [],
  );
};

const taskOf = ({ name, label, split, group, columns }: PlacedItem, i: number) => ({
  id: i + 1,
  data: {
    ...(columns && Object.fromEntries(columns)),
    image: `/data/local-files/?d=${encodeURIComponent(name).replaceAll("%2F", "/")}`,
    ...(split !== null && { split }),
    ...(group !== null && { group }),
  },
  annotations:
    label === null
      ? []
      : [{ result: [{ from_name: "choice", to_name: "image", type: "choices", value: { choices: [label] } }] }],
});

const escaped = (text: string): string => text.replace(/[<>&"'\p{Cc}]/gu, (letter) => `&#${letter.codePointAt(0)!};`);

/** The labelling interface that such tasks go with. */
const configOf = (items: readonly PlacedItem[]): string => {
  const labels = [...new Set(items.flatMap(({ label }) => label ?? []))].sort();
  const choices = labels.map((label) => `    <Choice value="${escaped(label)}"/>`);
  return [
    "<View>",
    '  <Image name="image" value="$image"/>',
    '  <Choices name="choice" toName="image" choice="single">',
    ...choices,
    "  </Choices>",
    "</View>",
    "",
  ].join("\n");
};

export const format: DataFormat = {
  name: "label-studio",
  summary: "Label Studio JSON: one choice a task",
  loses: [],
  needsFile: true,
  lists: (items) => [
    { name: "tasks.json", text: `${JSON.stringify(items.map(taskOf), null, 1)}\n` },
    { name: "config.xml", text: configOf(items) },
  ],
  read,
};

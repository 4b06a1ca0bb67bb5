import { z } from "zod";
import type { DataFormat, Listing, PlacedItem } from "../data-format.ts";
import { splitOf } from "../split-names.ts";
import { columnsOf, createGatherer, readJson } from "./_gather.ts";

const id = z.union([z.number(), z.string()]);
const shape = z.object({
  images: z.array(
    z.looseObject({
      id,
      file_name: z.string(),
      split: z.string().nullish(),
      group: z.string().nullish(),
      attributes: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
  annotations: z.array(
    z.looseObject({
      image_id: id,
      category_id: id,
      bbox: z.unknown().optional(),
      segmentation: z.unknown().optional(),
      keypoints: z.unknown().optional(),
    }),
  ),
  categories: z.array(z.looseObject({ id, name: z.string() })),
});

/** Whether parsed JSON is of this kind. */
export const isCoco = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "images" in value && "annotations" in value && "categories" in value;

const isThere = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined;

const HINT =
  "Handful learns one label a photo: cut the boxes out as photos of their own first, or give each image one category. Where photos lie elsewhere: --images <folder>.";

const read = async (path: string, images?: string): Promise<Listing> => {
  const list = await readJson(path, shape, "COCO (images, annotations, categories)");
  const names = new Map(list.categories.map((one) => [String(one.id), one.name]));
  const labels = new Map<string, Set<string>>();
  const boxed = new Set<string>();
  const gatherer = await createGatherer(path, images, HINT);
  for (const { image_id, category_id, bbox, segmentation, keypoints } of list.annotations) {
    const name = names.get(String(category_id));
    const image = String(image_id);
    if (name === undefined) gatherer.fault(`annotation of image ${image}`, `no category ${String(category_id)}`);
    else labels.set(image, (labels.get(image) ?? new Set()).add(name));
    if (isThere(bbox) || isThere(segmentation) || isThere(keypoints)) boxed.add(image);
  }
  for (const image of list.images) {
    const key = String(image.id);
    const own = [...(labels.get(key) ?? [])];
    const found = gatherer.find([image.file_name]);
    const what = boxed.has(key) ? "boxes of several categories" : "several categories";
    if (own.length > 1) gatherer.fault(image.file_name, `${what} (${own.join(", ")}), wanted one for the whole image`);
    else if ("fault" in found) gatherer.fault(image.file_name, found.fault);
    else
      gatherer.add({
        ...found,
        label: own[0] ?? null,
        split: splitOf(image.split ?? ""),
        group: image.group ?? null,
        ...columnsOf(image.attributes ?? {}),
      });
  }
  const note = `boxes of ${boxed.size} images are left out: each has one category, which is its label`;
  return gatherer.end(boxed.size > 0 ? [note] : []);
};

const textOf = (items: readonly PlacedItem[]): string => {
  const labels = [...new Set(items.flatMap(({ label }) => label ?? []))].sort();
  const ids = new Map(labels.map((name, i) => [name, i + 1]));
  const labelled = items.flatMap(({ label }, i) => (label === null ? [] : [{ image: i + 1, label }]));
  return `${JSON.stringify({
    info: { description: "One category an image, no boxes" },
    images: items.map(({ name, split, group, columns, size }, i) => ({
      id: i + 1,
      file_name: name,
      ...size,
      ...(split !== null && { split }),
      ...(group !== null && { group }),
      ...(columns && { attributes: Object.fromEntries(columns) }),
    })),
    annotations: labelled.map(({ image, label }, i) => ({ id: i + 1, image_id: image, category_id: ids.get(label) })),
    categories: labels.map((name) => ({ id: ids.get(name), name })),
  })}\n`;
};

export const format: DataFormat = {
  name: "coco",
  summary: "COCO JSON with one category an image",
  loses: [],
  needsFile: true,
  needsSize: true,
  lists: (items) => [{ name: "annotations.json", text: textOf(items) }],
  read,
};

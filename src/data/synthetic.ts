import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { z } from "zod";
import { dataError, internalError, optionError, type HandfulError } from "../base/errors.ts";
import type { Pixels } from "../base/preprocess.ts";
import { isJunkName, unescapeName } from "./names.ts";
import { SYNTHETIC_MARKER } from "./synthetic-marker.ts";
import { joinPath } from "./walk.ts";

export { SYNTHETIC_MARKER };

/** Version of the marker's form. */
const FORMAT = 1;

/** `<class>/<file>`, neither of which leads elsewhere. */
const PICTURE = /^(?!\.{1,2}\/)[^/\0]+\/(?!\.{1,2}$)[^/\0]+$/;

const markerSchema = z.strictObject({
  format: z.literal(FORMAT),
  how: z.string().min(1),
  options: z.record(z.string(), z.unknown()),
  learned: z.boolean().optional(),
  pictures: z.record(
    z.string().regex(PICTURE, "wanted <class>/<file>"),
    z.strictObject({ source: z.string(), sourceSha256: z.string().regex(/^[0-9a-f]{64}$/, "wanted 64 hex digits") }),
  ),
});

/** What `handful-synthetic.json` holds. */
export interface SyntheticMarker {
  readonly format: typeof FORMAT;
  /** "style-transfer", "cycle-gan", … */
  readonly how: string;
  /** What the pictures were made with, as JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * Whether what made them had learned from other photos than each one's source, such as a network trained on all:
   * then it knows something of photos that are tested on.
   */
  readonly learned?: boolean | undefined;
  /** By `<class>/<file>`, as `scanDataset` names the pictures of the folder. */
  readonly pictures: Readonly<Record<string, SyntheticOrigin>>;
}

/** The photo that a picture was made from: where that photo is tested on, the picture must not be learned from. */
export interface SyntheticOrigin {
  /** Its name within its own folder. */
  readonly source: string;
  /** Of its bytes, in hex. */
  readonly sourceSha256: string;
}

/** A picture to be written to `<label>/<name>.png`. */
export interface SyntheticPicture extends SyntheticOrigin {
  readonly label: string;
  /** Without suffix; unique within its class. */
  readonly name: string;
  readonly pixels: Pixels;
}

const wrongMarker = (path: string, got: string, cause?: unknown): HandfulError =>
  dataError("E_SYNTHETIC", `${path}: wanted a list of made pictures (format ${FORMAT}), got ${got}`, {
    hint: "Make the pictures again: handful synthesize --help",
    ...(cause !== undefined && { cause }),
  });

const isCode = (thrown: unknown, ...codes: string[]): boolean =>
  thrown instanceof Error && "code" in thrown && codes.includes(String(thrown.code));

/**
 * What a folder of made pictures says of itself.
 *
 * @throws E_SYNTHETIC_MISSING when the folder has no marker; E_SYNTHETIC when the marker is not what it should be
 */
export const readSyntheticMarker = async (folder: string): Promise<SyntheticMarker> => {
  const path = join(folder, SYNTHETIC_MARKER);
  const text = await readFile(path, "utf8").catch((thrown: unknown) => {
    if (!isCode(thrown, "ENOENT", "ENOTDIR")) throw thrown;
    throw dataError(
      "E_SYNTHETIC_MISSING",
      `${folder}: wanted a folder of made pictures, found no ${SYNTHETIC_MARKER}`,
      {
        hint: "Name a folder that handful synthesize wrote; photos go in as photos.",
        cause: thrown,
      },
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw wrongMarker(path, "text that is no JSON", thrown);
  }
  const parsed = markerSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path;
  const message = issue!.code === "invalid_key" ? issue!.issues[0]!.message : issue!.message;
  throw wrongMarker(path, place.length > 0 ? `at "${place.join(".")}": ${message}` : message);
};

/** The bytes of a name that becomes one folder or file. */
const pathPart = (name: string): Buffer => {
  const bytes = unescapeName(name);
  if (!bytes || bytes.length === 0 || bytes.includes("/") || bytes.includes("\0") || isJunkName(name))
    throw dataError("E_CLASS_NAME", `wanted a name that can be a visible folder or file, got "${name}"`, {
      hint: "Rename the class or the photo.",
    });
  return bytes;
};

/** A picture as PNG, lossless. */
export const encodePng = ({ data, width, height }: Pixels): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

const writeMarker = async (folder: string, marker: SyntheticMarker): Promise<void> => {
  const temporary = join(folder, `.${SYNTHETIC_MARKER}-${randomUUID()}.tmp`);
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(JSON.stringify(marker, null, 1));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, SYNTHETIC_MARKER));
};

/**
 * Refuses a folder that pictures were written to before, or that is no folder.
 *
 * @throws optionError
 */
export const checkSyntheticFolder = async (folder: string): Promise<void> => {
  const info = await stat(folder).catch(() => null);
  if (info && !info.isDirectory()) throw optionError(`--out ${folder}: wanted a folder, got a file`);
  if (info && (await stat(join(folder, SYNTHETIC_MARKER)).catch(() => null)))
    throw optionError(`--out ${folder} already holds made pictures`, {
      hint: "Choose another folder, or delete this one.",
    });
};

export interface SyntheticFolder {
  readonly how: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** As in the marker. */
  readonly learned?: boolean;
  /** Taken one by one, so that they need not all be in memory. */
  readonly pictures: AsyncIterable<SyntheticPicture> | Iterable<SyntheticPicture>;
}

/** Writes the pictures under a folder, as they come. */
const writePictures = async (root: string, { pictures }: SyntheticFolder) => {
  const origins: Record<string, SyntheticOrigin> = {};
  const classes = new Map<string, Buffer>();
  for await (const { label, name, pixels, source, sourceSha256 } of pictures) {
    const key = `${label}/${name}.png`;
    if (key in origins) throw internalError(`two made pictures are called "${key}"`);
    const part = classes.get(label) ?? pathPart(label);
    const folder = joinPath(Buffer.from(root), part);
    if (!classes.has(label)) await mkdir(folder);
    classes.set(label, part);
    await writeFile(joinPath(folder, pathPart(`${name}.png`)), await encodePng(pixels));
    origins[key] = { source, sourceSha256 };
  }
  return { origins, classes: [...classes.values()] };
};

/**
 * Writes made pictures as `<folder>/<class>/<name>.png`, and last of all the marker.
 *
 * The pictures are gathered in a hidden folder and moved where they belong once the last is there: broken off, nothing
 * of them is seen. Other files of the folder stay.
 * @throws optionError when the folder holds made pictures already, or something called like one of the classes
 */
export const writeSyntheticFolder = async (folder: string, content: SyntheticFolder): Promise<SyntheticMarker> => {
  await checkSyntheticFolder(folder);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.synthetic-${randomUUID()}.tmp`);
  await mkdir(temporary);
  try {
    const { origins, classes } = await writePictures(temporary, content);
    if (classes.length === 0) throw internalError(`no picture was made for ${basename(folder)}`);
    for (const part of classes)
      await rename(joinPath(Buffer.from(temporary), part), joinPath(Buffer.from(folder), part)).catch(
        (thrown: unknown) => {
          if (!isCode(thrown, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw thrown;
          throw optionError(`--out ${folder} already holds "${part.toString()}"`, {
            hint: "Choose an empty folder.",
            cause: thrown,
          });
        },
      );
    const { how, options, learned } = content;
    const marker: SyntheticMarker = {
      format: FORMAT,
      how,
      options,
      ...(learned !== undefined && { learned }),
      pictures: origins,
    };
    await writeMarker(folder, marker);
    return marker;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

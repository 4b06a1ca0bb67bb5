import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dataError, HandfulError, optionError } from "../base/errors.ts";
import { unknownName } from "../base/nearest-name.ts";
import type { Pixels } from "../base/preprocess.ts";
import { createRandom, shuffled, type Random } from "../base/random.ts";
import type { DataSet, Item } from "../data/dataset.ts";
import { visibilityOf, type Defect, type Defective } from "../data/defect.ts";
import { defects } from "../data/defects/index.ts";
import { decodeReduced, readItem } from "../data/image.ts";
import { applyDraws, samplePolicy, type Policy } from "../data/policy.ts";
import { resample } from "../data/resample.ts";
import { scanDataset, scanImages } from "../data/scan.ts";
import { checkSyntheticFolder, encodePng, writeSyntheticFolder, type SyntheticPicture } from "../data/synthetic.ts";
import type { Size } from "../data/warp.ts";

export interface SynthesizeDefectsOptions {
  /** Folder or manifest. */
  readonly photos: string;
  /** The class without defects; may be left out where photos carry no labels. */
  readonly className?: string;
  readonly out: string;
  /** Names of defects, drawn from in equal shares; all when absent. */
  readonly kinds?: readonly string[];
  readonly count: number;
  /** Class of the made pictures. */
  readonly label: string;
  readonly seed: number;
  /** Whether masks are written beside, to `<out>-masks`: white where the defect is. */
  readonly masks: boolean;
  /** Folder of pictures that show through blots; absent: the photo itself, varied strongly. */
  readonly textures?: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface SynthesizedDefects {
  readonly pictures: number;
  readonly classes: readonly string[];
  /** Photos that could not be read, or on which no defect could be seen. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** null: none were asked for. */
  readonly masks: string | null;
}

/** Longest side of a made picture, in pixels: larger photos are halved until they fit. */
const LONGEST = 1024;
/** Least mean change within a defect, in levels of 255, for it to count as seen; 3 %. */
const VISIBLE = 8;
/** Draws until a defect is seen. */
const TRIES = 20;

/** Three of these at random magnitude make a texture of a photo: as many as DRAEM changes its textures by. */
const TEXTURE: Policy = {
  name: "texture",
  steps: ["rotation", "scaling", "shear", "vertical-flip", "brightness", "contrast", "gamma", "hue", "saturation"].map(
    (augmentation) => ({ augmentation }),
  ),
  choose: { count: 3, magnitude: "random" },
};

const read = async (item: Item): Promise<{ pixels: Pixels; sha256: string }> => {
  const { bytes, sha256 } = await readItem(item);
  const shrink = (width: number, height: number): number =>
    2 ** Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / LONGEST)));
  return { pixels: (await decodeReduced(bytes, shrink)).pixels, sha256 };
};

const readTexture = (item: Item): Promise<Pixels> =>
  read(item).then(
    ({ pixels }) => pixels,
    (thrown: unknown) => {
      if (!(thrown instanceof HandfulError)) throw thrown;
      throw dataError(thrown.code, `texture ${item.name}: ${thrown.message}`, { cause: thrown });
    },
  );

/** The middle of a picture, enlarged or made smaller until it fills the size. */
const filling = (pixels: Pixels, { width, height }: Size): Pixels => {
  const scale = Math.max(width / pixels.width, height / pixels.height);
  const resizedWidth = Math.max(width, Math.round(pixels.width * scale));
  const resizedHeight = Math.max(height, Math.round(pixels.height * scale));
  const [left, top] = [Math.floor((resizedWidth - width) / 2), Math.floor((resizedHeight - height) / 2)];
  return { width, height, data: resample(pixels, { resizedWidth, resizedHeight, left, top, width, height }) };
};

const kindsNamed = (names: readonly string[]): Defect[] =>
  names.map((name) => {
    const found = defects.find((defect) => defect.name === name);
    if (!found)
      throw unknownName(
        "defect",
        name,
        defects.map((d) => d.name),
      );
    return found;
  });

/** Photos of the class without defects, none of a test folder. */
const carriersOf = ({ root, items, layout, classes }: DataSet, className: string | undefined): Item[] => {
  if (layout !== "flat" && className === undefined)
    throw optionError("--class: wanted the class whose photos show no defect", {
      hint: `It is one of: ${classes.join(", ")}`,
    });
  if (layout !== "flat" && !classes.includes(className!)) throw unknownName("class", className!, classes);
  const found = items.filter(({ label, split }) => split !== "test" && (layout === "flat" || label === className));
  if (found.length === 0)
    throw dataError("E_NO_IMAGES", `${root}: no photo of "${className}" outside the test folder`, {
      hint: "Defects are put into training photos alone.",
    });
  return found;
};

/** Draws until the defect can be seen: one that cannot would be a picture with a wrong label. */
const makeVisible = async (
  pixels: Pixels,
  { defect, texture, random }: { defect: Defect; texture: Pixels | null; random: Random },
): Promise<Defective | null> => {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const shown = texture ?? pixels;
    const varied = filling(await applyDraws(shown, samplePolicy(TEXTURE, random)), pixels);
    const made = await defect.apply(pixels, defect.sample(defect.defaults, random), varied);
    if (visibilityOf(pixels, made) >= VISIBLE) return made;
  }
  return null;
};

interface Studio {
  readonly carriers: readonly Item[];
  readonly kinds: readonly Defect[];
  readonly textures: readonly Item[];
  readonly skipped: { name: string; reason: string }[];
}

/** Makes the pictures one by one, photo after photo in mixed order, kind after kind. */
const makePictures = async function* (
  { count, label, seed, onProgress, signal, ...options }: SynthesizeDefectsOptions,
  { carriers, kinds, textures, skipped }: Studio,
): AsyncGenerator<SyntheticPicture> {
  const random = createRandom(seed).fork("defects");
  let usable = shuffled(carriers, random);
  for (let done = 0, turn = 0; done < count; turn++) {
    signal?.throwIfAborted();
    const item = usable[turn % usable.length];
    if (!item)
      throw dataError("E_NO_DEFECT", `no photo of ${carriers.length} could be given a defect that is seen`, {
        hint: skipped[0] ? `${skipped[0].name}: ${skipped[0].reason}` : "Are the photos blank?",
      });
    const own = random.fork(turn);
    const defect = kinds[done % kinds.length]!;
    const texture = textures.length > 0 ? await readTexture(textures[own.integer(textures.length)]!) : null;
    try {
      const { pixels, sha256 } = await read(item);
      const made = await makeVisible(pixels, { defect, texture, random: own });
      if (!made) throw dataError("E_NO_DEFECT", `no ${defect.name} of ${TRIES} could be seen`);
      const name = `${String(done + 1).padStart(String(count).length, "0")}-${defect.name}`;
      if (options.masks) await writeMask(`${options.out}-masks`, name, made);
      yield { label, name, pixels: made.pixels, source: item.name, sourceSha256: sha256 };
      done++;
      onProgress?.(done, count);
    } catch (thrown) {
      if (!(thrown instanceof HandfulError) || thrown.kind !== "data") throw thrown;
      skipped.push({ name: item.name, reason: thrown.message });
      usable = usable.filter((other) => other !== item);
    }
  }
};

const writeMask = async (
  folder: string,
  name: string,
  { pixels: { width, height }, mask }: Defective,
): Promise<void> => {
  const data = new Uint8Array(3 * mask.length);
  mask.forEach((inside, i) => data.fill(255 * inside, 3 * i, 3 * i + 3));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.png`), await encodePng({ width, height, data }));
};

/**
 * Pictures with defects that nobody photographed, made of photos without any and written to `<out>/<label>`.
 *
 * Every picture is made of one photo alone (a texture of `textures` aside), so that where that photo is held out, so
 * can be the picture. The same photos, options and seed give the same pictures.
 * @throws optionError for an unknown kind or class, or where `out` holds made pictures; E_NO_IMAGES; E_NO_DEFECT where
 *   no photo can be given a defect
 */
export const synthesizeDefects = async (options: SynthesizeDefectsOptions): Promise<SynthesizedDefects> => {
  const { className, out, count, label, seed, masks, textures } = options;
  const kinds = options.kinds ?? defects.map(({ name }) => name);
  const wanted = kindsNamed(kinds);
  await checkSyntheticFolder(out);
  const carriers = carriersOf(await scanDataset(options.photos), className);
  const skipped: { name: string; reason: string }[] = [];
  const items = textures === undefined ? [] : (await scanImages(textures)).items;
  const studio: Studio = { carriers, kinds: wanted, textures: items, skipped };
  const marker = await writeSyntheticFolder(out, {
    how: "defects",
    options: { kinds, count, label, seed, ...(className !== undefined && { class: className }) },
    pictures: makePictures(options, studio),
  });
  return {
    pictures: Object.keys(marker.pictures).length,
    classes: [label],
    skipped,
    masks: masks ? `${out}-masks` : null,
  };
};

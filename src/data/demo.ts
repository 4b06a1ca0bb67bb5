import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { createRandom, type Random } from "../base/random.ts";
import type { Pixels } from "../base/preprocess.ts";
import { SHAPES, type Proportions, type Surface } from "./demo-shapes.ts";

export type DemoClass = keyof typeof SHAPES;
export const DEMO_CLASSES: readonly DemoClass[] = ["bolt", "nut", "rivet", "washer"];

/** Which picture: the same three give the same pixels. */
export interface DemoKey {
  readonly seed: number;
  readonly name: DemoClass;
  readonly index: number;
}

/** Left, top, width, height in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Width and height of a demo picture, in pixels. */
export const DEMO_SIZE = 144;
const JPEG_QUALITY = 82;

type Colour = readonly [number, number, number];
/** Metals and grounds, RGB 0-255; every class draws from all of them, so that colour tells nothing. */
const METALS: readonly Colour[] = [
  [176, 180, 186],
  [150, 152, 158],
  [196, 164, 96],
  [186, 126, 92],
  [92, 94, 102],
  [208, 206, 198],
];
const GROUNDS: readonly Colour[] = [
  [158, 120, 82],
  [120, 122, 124],
  [92, 104, 96],
  [176, 158, 132],
  [74, 82, 98],
  [146, 98, 84],
];

/** In pixels. */
type Point = readonly [x: number, y: number];

/** Smooth noise, -1 .. 1, one hill or dale per unit: values on a lattice, blended. */
type Noise = (x: number, y: number) => number;

const createNoise = (random: Random): Noise => {
  const side = 64;
  const lattice = Float32Array.from({ length: side * side }, () => 2 * random.uniform() - 1);
  const at = (i: number, j: number): number => lattice[(j & (side - 1)) * side + (i & (side - 1))]!;
  const ease = (t: number): number => t * t * (3 - 2 * t);
  return (x, y) => {
    const [i, j] = [Math.floor(x), Math.floor(y)];
    const [s, t] = [ease(x - i), ease(y - j)];
    const top = at(i, j) * (1 - s) + at(i + 1, j) * s;
    return top * (1 - t) + (at(i, j + 1) * (1 - s) + at(i + 1, j + 1) * s) * t;
  };
};

/** Everything drawn by chance for one picture; painting it is then plain arithmetic. */
interface Scene {
  readonly proportions: Proportions;
  readonly centreX: number;
  readonly centreY: number;
  /** Pixels per unit of the shape. */
  readonly scale: number;
  readonly cos: number;
  readonly sin: number;
  readonly metal: Colour;
  readonly ground: Colour;
  /** Direction to the light, unit length in the plane of the picture, and its strength, 0 .. 1. */
  readonly lightX: number;
  readonly lightY: number;
  readonly light: number;
  /** Direction of the ground's grain, waves per picture along and across it, and how strong it is, 0 .. 1. */
  readonly grainCos: number;
  readonly grainSin: number;
  readonly grainX: number;
  readonly grainY: number;
  readonly grain: number;
  readonly coarse: Noise;
  readonly fine: Noise;
}

const drawScene = (random: Random): Scene => {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const tinted = (colours: readonly Colour[]): Colour => {
    const [r, g, b] = colours[random.integer(colours.length)]!;
    const gain = between(0.75, 1.2);
    return [r * gain + between(-12, 12), g * gain + between(-12, 12), b * gain + between(-12, 12)];
  };
  const angle = between(-0.5, 0.5);
  const towards = between(0, 2 * Math.PI);
  const grainAngle = between(0, 2 * Math.PI);
  return {
    proportions: { bore: random.uniform(), length: random.uniform(), thickness: random.uniform() },
    centreX: DEMO_SIZE * between(0.46, 0.54),
    centreY: DEMO_SIZE * between(0.46, 0.54),
    scale: DEMO_SIZE * between(0.34, 0.42),
    cos: Math.cos(angle),
    sin: Math.sin(angle),
    metal: tinted(METALS),
    ground: tinted(GROUNDS),
    lightX: Math.cos(towards),
    lightY: Math.sin(towards),
    light: between(0.4, 1),
    grainCos: Math.cos(grainAngle),
    grainSin: Math.sin(grainAngle),
    grainX: between(4, 40),
    grainY: between(2, 10),
    grain: between(0.04, 0.16),
    coarse: createNoise(random),
    fine: createNoise(random),
  };
};

/** Brightness of the ground at a pixel, 1 = plain: texture along a grain, stains, light falling off. */
const groundLight = (scene: Scene, x: number, y: number): number => {
  const [s, t] = [x / DEMO_SIZE, y / DEMO_SIZE];
  const along = s * scene.grainCos + t * scene.grainSin;
  const across = t * scene.grainCos - s * scene.grainSin;
  const texture = scene.fine(along * scene.grainX, across * scene.grainY) + 0.6 * scene.fine(s * 45, t * 45);
  const stains = scene.coarse(s * 4, t * 4);
  const fall = (s - 0.5) * scene.lightX + (t - 0.5) * scene.lightY;
  return 1 + scene.grain * texture + 0.12 * stains + 0.45 * scene.light * fall;
};

const clamp01 = (x: number): number => Math.max(0, Math.min(1, x));

/** Brightness of the metal at a pixel, 1 = plain: how it faces the light, threads and edges, wear. */
const metalLight = (scene: Scene, at: (x: number, y: number) => Surface, [x, y]: Point): number => {
  const surface = at(x, y);
  // Edges are bevelled: near the outline the surface leans outwards, along the distance's slope.
  const bevel = clamp01(1 + surface.distance * 9) * scene.scale;
  const slopeX = bevel * (at(x + 0.5, y).distance - at(x - 0.5, y).distance);
  const slopeY = bevel * (at(x, y + 0.5).distance - at(x, y - 0.5).distance);
  const leanX = surface.leanU * scene.cos - surface.leanV * scene.sin + slopeX;
  const leanY = surface.leanU * scene.sin + surface.leanV * scene.cos + slopeY;
  const facing = leanX * scene.lightX + leanY * scene.lightY;
  const wear = 0.1 * scene.coarse(x / 9, y / 9) + 0.06 * scene.fine(x / 2, y / 2);
  return surface.shade * (0.95 + 0.45 * scene.light * facing + wear);
};

interface Painted {
  readonly colour: Colour;
  /** Whether the shape, and not the ground, shows. */
  readonly isShape: boolean;
}

const paint = (scene: Scene, name: DemoClass, [x, y]: Point): Painted => {
  const surfaceAt = (px: number, py: number): Surface => {
    const [dx, dy] = [(px - scene.centreX) / scene.scale, (py - scene.centreY) / scene.scale];
    return SHAPES[name](dx * scene.cos + dy * scene.sin, dy * scene.cos - dx * scene.sin, scene.proportions);
  };
  const surface = surfaceAt(x, y);
  const drop = 0.1 * scene.scale;
  const isNear = surface.distance < 0.3;
  const shadow = isNear ? clamp01(0.5 - surfaceAt(x + scene.lightX * drop, y + scene.lightY * drop).distance * 6) : 0;
  const ground = groundLight(scene, x, y) * (1 - 0.5 * scene.light * shadow);
  const cover = clamp01(0.5 - surface.distance * scene.scale);
  const metal = cover > 0 ? metalLight(scene, surfaceAt, [x, y]) : 0;
  const mix = (a: number, b: number): number => a * metal * cover + b * ground * (1 - cover);
  const [m, g] = [scene.metal, scene.ground];
  return { colour: [mix(m[0], g[0]), mix(m[1], g[1]), mix(m[2], g[2])], isShape: cover > 0.5 };
};

/** One drawn picture and the smallest box around its shape. */
export const drawDemo = ({ seed, name, index }: DemoKey): { pixels: Pixels; box: Box } => {
  const random = createRandom(`demo/${seed}`).fork(`${name}/${index}`);
  const scene = drawScene(random);
  const data = new Uint8Array(DEMO_SIZE * DEMO_SIZE * 3);
  let [left, top, right, bottom] = [DEMO_SIZE, DEMO_SIZE, 0, 0];
  for (let y = 0, p = 0; y < DEMO_SIZE; y++) {
    for (let x = 0; x < DEMO_SIZE; x++, p += 3) {
      const { colour, isShape } = paint(scene, name, [x + 0.5, y + 0.5]);
      const speck = 5 * random.normal();
      for (let c = 0; c < 3; c++) data[p + c] = Math.max(0, Math.min(255, Math.round(colour[c]! + speck)));
      if (!isShape) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  return {
    pixels: { width: DEMO_SIZE, height: DEMO_SIZE, data },
    box: { left, top, width: right - left, height: bottom - top },
  };
};

/** Where the shape of a demo picture lies, in pixels of the file. */
export const demoBox = (key: DemoKey): Box => drawDemo(key).box;

/** Path of a demo picture within its folder: `bolt/000.jpg`. */
export const demoFile = ({ name, index }: Pick<DemoKey, "name" | "index">): string =>
  `${name}/${String(index).padStart(3, "0")}.jpg`;

/**
 * Writes a small set that this project draws itself: four small parts in any pose, metal and light on any ground.
 *
 * Colour and brightness tell nothing about the class; the shape does. Some 6 kB a picture.
 *
 * @param options.seed  the same seed gives the same files
 * @param options.perClass  pictures of each of the four classes
 */
export const writeDemoSet = async (
  directory: string,
  { seed, perClass }: { readonly seed: number; readonly perClass: number },
): Promise<void> => {
  for (const name of DEMO_CLASSES) {
    await mkdir(join(directory, name), { recursive: true });
    for (let index = 0; index < perClass; index++) {
      const { pixels } = drawDemo({ seed, name, index });
      const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
      const jpeg = await sharp(pixels.data, { raw }).jpeg({ quality: JPEG_QUALITY }).toBuffer();
      await writeFile(join(directory, demoFile({ name, index })), jpeg);
    }
  }
};

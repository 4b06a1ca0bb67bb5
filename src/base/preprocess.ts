/**
 * Intensities shown black (`low` and below) and white (`high` and above), in the file's own units: Hounsfield units in
 * CT, raw levels in pictures of 16 bits.
 */
export interface IntensityWindow {
  readonly low: number;
  readonly high: number;
}

/**
 * How a picture becomes network input. One implementation (`data/preprocess.ts`) follows it in training,
 * evaluation and serving; the settings travel in the artifact.
 */
export interface Preprocess {
  /** Height and width of the network's input, in pixels. */
  readonly height: number;
  readonly width: number;
  /**
   * `crop`: shorter side to `resizeTo`, centre crop. `squash`: both sides to the input size, aspect ratio lost.
   * `pad`: longer side to the input size, the rest filled with `background`.
   */
  readonly fit: "crop" | "squash" | "pad";
  /** Length of the shorter side after resizing, in pixels; only for `crop`. */
  readonly resizeTo: number;
  /** Colour under transparent pixels and in padding, RGB, 0-255. */
  readonly background: readonly [number, number, number];
  /** `(pixel / 255 - mean) / std`, in the order of `channels`; done inside the model's graph. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Channel order the network wants; pixels come as RGB. */
  readonly channels: "RGB" | "BGR";
  /** For pictures of more than 8 bits; absent: what the file itself states, or what its format implies. */
  readonly window?: IntensityWindow | undefined;
  /** Planes of a volume, for networks that take volumes and not pictures. */
  readonly depth?: number | undefined;
  /** Side of a volume's voxels after resampling, in mm; absent: the whole volume is fitted to the input's size. */
  readonly spacing?: number | undefined;
}

/** Squares of RGB between 0 and 1, for what looks at pictures without a network of its own settings. */
export const plainSquare = (side: number, { fit, background }: Pick<Preprocess, "fit" | "background">): Preprocess => ({
  height: side,
  width: side,
  fit,
  resizeTo: side,
  background,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "RGB",
});

/** Shape of one input of a model: a picture [height, width, 3], or a volume [depth, height, width, 1]. */
export const inputShape = ({ depth, height, width }: Pick<Preprocess, "depth" | "height" | "width">): number[] =>
  depth === undefined ? [height, width, 3] : [depth, height, width, 1];

/** Bytes of one input of a model. */
export const inputSize = (settings: Pick<Preprocess, "depth" | "height" | "width">): number =>
  inputShape(settings).reduce((product, size) => product * size, 1);

/** Pixels of one picture: RGB, interleaved, 8 bits, row-major; `data.length = 3 * width * height`. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

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
}

/** Pixels of one picture: RGB, interleaved, 8 bits, row-major; `data.length = 3 * width * height`. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

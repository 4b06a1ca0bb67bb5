import type { Pixels } from "../base/preprocess.ts";
import { cividis } from "./colour-map.ts";
import { resized, scaledToOne, type HeatMap } from "./heat-map.ts";

/** Weight of the colour over the photo. */
const COVER = 0.6;
/** Luma of red, green and blue (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The photo in grey under the colours of the map, the largest entry of the map at the end of the scale.
 *
 * @param map  covers the whole photo, at any size
 */
export const overlay = ({ width, height, data }: Pixels, map: HeatMap): Pixels => {
  const heat = resized(scaledToOne(map), width, height);
  const out = new Uint8Array(data.length);
  heat.data.forEach((t, i) => {
    const grey = LUMA.reduce((sum, weight, c) => sum + weight * data[3 * i + c]!, 0);
    cividis(t).forEach((colour, c) => (out[3 * i + c] = Math.round(COVER * colour + (1 - COVER) * grey)));
  });
  return { width, height, data: out };
};

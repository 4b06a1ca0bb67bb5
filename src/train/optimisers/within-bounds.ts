import { clip } from "../../ops/clip.ts";
import type { Optimiser } from "./optimiser.ts";

/** The same optimiser with its parameters held between two numbers after every step (projected gradient descent). */
export const withinBounds = (optimiser: Optimiser, [least, most]: readonly [number, number]): Optimiser => ({
  ...optimiser,
  name: `${optimiser.name} within [${least}, ${most}]`,
  update: (g, parts) => {
    const next = optimiser.update(g, parts);
    return { ...next, parameter: clip(g, next.parameter, least, most) };
  },
});

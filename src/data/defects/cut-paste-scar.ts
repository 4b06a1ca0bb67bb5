import { uniform } from "../augment/_shared.ts";
import type { Defect } from "../defect.ts";
import { paste, PASTING, patchOf } from "./_shared.ts";

/**
 * The same with a thin strip, turned: a scratch.
 *
 * Width and length are shares of the picture's side (of the square of its area): 2 to 16 and 10 to 25 pixels of 256, as in the paper.
 * @see Li et al. 2021, section 2.2. https://arxiv.org/abs/2104.04015
 */
export const defect: Defect = {
  name: "cut-paste-scar",
  paper:
    "Li et al. 2021, CutPaste: self-supervised learning for anomaly detection and localization. https://arxiv.org/abs/2104.04015",
  defaults: { ...PASTING, width: [2 / 256, 16 / 256], length: [10 / 256, 25 / 256], degrees: [-45, 45] },
  sample: uniform,
  apply: (pixels, draw) => {
    const side = Math.sqrt(pixels.width * pixels.height);
    return paste(pixels, patchOf(pixels, { width: draw.width! * side, height: draw.length! * side }, draw), draw);
  },
};

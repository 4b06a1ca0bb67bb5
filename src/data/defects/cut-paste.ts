import { uniform } from "../augment/_shared.ts";
import type { Defect } from "../defect.ts";
import { paste, PASTING, patchOf } from "./_shared.ts";

/**
 * A patch of the picture, its colours changed a little, pasted elsewhere in it: what should not be there.
 *
 * `area` is the patch's share of the picture, `ratio` its width to its height. The patch is turned too, which the paper
 * leaves open: grain that runs the wrong way is a defect of its own.
 * @see Li et al. 2021, section 2.2. https://arxiv.org/abs/2104.04015
 */
export const defect: Defect = {
  name: "cut-paste",
  paper:
    "Li et al. 2021, CutPaste: self-supervised learning for anomaly detection and localization. https://arxiv.org/abs/2104.04015",
  defaults: { ...PASTING, area: [0.02, 0.15], ratio: [0.3, 3.3], degrees: [-45, 45] },
  sample: uniform,
  apply: (pixels, draw) => {
    const area = draw.area! * pixels.width * pixels.height;
    const size = { width: Math.sqrt(area * draw.ratio!), height: Math.sqrt(area / draw.ratio!) };
    return paste(pixels, patchOf(pixels, size, draw), draw);
  },
};

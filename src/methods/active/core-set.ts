import { rowOf } from "../../base/matrix.ts";
import type { ActiveStrategy } from "../active-strategy.ts";

/**
 * Core-set: each time the image farthest from all that is labelled or picked (greedy k-centre), so that none is far from
 * a labelled one in the end.
 *
 * @see Sener & Savarese 2018, algorithm 1
 */
export const strategy: ActiveStrategy = {
  name: "core-set",
  paper: "Sener and Savarese 2018, Active learning for convolutional neural networks. https://arxiv.org/abs/1708.00489",
  needs: "nothing",
  pick: async ({ features, nearness, count }) => {
    const nearest = nearness.slice();
    const picked: number[] = [];
    while (picked.length < count) {
      let far = -1;
      for (let i = 0; i < nearest.length; i++)
        if (nearest[i] !== Infinity && (far < 0 || nearest[i]! < nearest[far]!)) far = i;
      picked.push(far);
      const one = rowOf(features, far);
      for (let i = 0; i < nearest.length; i++) {
        const row = rowOf(features, i);
        let cosine = 0;
        for (let j = 0; j < row.length; j++) cosine += row[j]! * one[j]!;
        nearest[i] = Math.max(nearest[i]!, cosine);
      }
      nearest[far] = Infinity;
    }
    return Int32Array.from(picked);
  },
};

import { floats, sizeOf } from "../../graph/dtype.ts";
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import { sub } from "../../ops/sub.ts";
import type { Optimiser } from "./optimiser.ts";

export interface SgdOptions {
  /** Default 0.9; 0: none. */
  readonly momentum?: number;
  /** L2 penalty added to the gradient; default 1e-4. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with Nesterov momentum: v' = μ v + d, p' = p - rate (d + μ v'), d = gradient + decay · p.
 *
 * @see Sutskever et al. 2013, section 2, in the form that PyTorch uses
 */
export const sgd = ({ momentum = 0.9, weightDecay = 1e-4 }: SgdOptions = {}): Optimiser => ({
  name: "sgd",
  paper: "Sutskever et al. 2013, On the importance of initialization and momentum in deep learning",
  init: ({ shape }) => (momentum === 0 ? {} : { velocity: floats(shape, new Float32Array(sizeOf(shape))) }),
  update: (g, { parameter, gradient, state, rate, decay }) => {
    const d = decay && weightDecay > 0 ? add(g, gradient, mul(g, parameter, weightDecay)) : gradient;
    if (momentum === 0) return { parameter: sub(g, parameter, mul(g, d, rate)), state: {} };
    const velocity = add(g, mul(g, state.velocity!, momentum), d);
    const ahead = add(g, mul(g, velocity, momentum), d);
    return { parameter: sub(g, parameter, mul(g, ahead, rate)), state: { velocity } };
  },
});

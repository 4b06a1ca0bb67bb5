import { floats, sizeOf } from "../../graph/dtype.ts";
import { add } from "../../ops/add.ts";
import { div } from "../../ops/div.ts";
import { mul } from "../../ops/mul.ts";
import { pow } from "../../ops/pow.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import type { Optimiser } from "./optimiser.ts";

export interface AdamWOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Share of a weight lost at each step, times the learning rate; default 0.01. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay: m' = β₁ m + (1 - β₁) d, v' = β₂ v + (1 - β₂) d²,
 * p' = p - rate (m' / (1 - β₁ᵗ) / (√(v' / (1 - β₂ᵗ)) + ε) + decay · p).
 *
 * @see Loshchilov and Hutter 2019, algorithm 2. https://arxiv.org/abs/1711.05101
 */
export const adamw = ({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
}: AdamWOptions = {}): Optimiser => ({
  name: "adamw",
  paper: "Loshchilov and Hutter 2019, Decoupled weight decay regularization. https://arxiv.org/abs/1711.05101",
  init: ({ shape }) => ({
    mean: floats(shape, new Float32Array(sizeOf(shape))),
    square: floats(shape, new Float32Array(sizeOf(shape))),
  }),
  update: (g, { parameter, gradient, state, rate, step, decay }) => {
    const power = (beta: number) => pow(g, g.constant(beta), step);
    const mean = add(g, mul(g, state.mean!, beta1), mul(g, gradient, 1 - beta1));
    const square = add(g, mul(g, state.square!, beta2), mul(g, mul(g, gradient, gradient), 1 - beta2));
    // the scalars together first: rate / (1 - β₁ᵗ), and √(v' / (1 - β₂ᵗ)) = √v' / √(1 - β₂ᵗ)
    const correction = sqrt(g, sub(g, 1, power(beta2)));
    const root = add(g, div(g, sqrt(g, square), correction), epsilon);
    const move = mul(g, div(g, mean, root), div(g, rate, sub(g, 1, power(beta1))));
    const kept = decay && weightDecay > 0 ? mul(g, parameter, sub(g, 1, mul(g, rate, weightDecay))) : parameter;
    return { parameter: sub(g, kept, move), state: { mean, square } };
  },
});

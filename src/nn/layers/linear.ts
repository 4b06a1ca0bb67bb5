import { shapeOf, type Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { matmul } from "../../ops/matmul.ts";
import { glorotUniform, zerosInitial, type Initialiser } from "../init.ts";
import type { Scope } from "./scope.ts";

export interface LinearOptions {
  readonly units: number;
  readonly initial?: Initialiser;
  readonly initialBias?: Initialiser;
}

/** x W + b: [n, d] -> [n, units]. Parameters `weight` [d, units] and `bias` [units]. */
export const linear = (
  scope: Scope,
  x: Value,
  { units, initial = glorotUniform, initialBias = zerosInitial }: LinearOptions,
): Value => {
  const weight = scope.parameter("weight", { shape: [shapeOf(x).at(-1)!, units], initial, decay: true });
  const bias = scope.parameter("bias", { shape: [units], initial: initialBias, decay: false });
  return add(scope.g, matmul(scope.g, x, weight), bias);
};

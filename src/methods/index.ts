// The public surface of `handful/methods`. Names are frozen in test/surface.json.
export { openAlgebra, type Algebra } from "./algebra.ts";
export { fewShotMethods } from "./few-shot/index.ts";
export type { Method, MethodOptions, Support } from "./method.ts";

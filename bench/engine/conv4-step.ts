/** How long does a Conv-4 training step take, against PyTorch and against the arithmetic in it? */
import { createRandom } from "../../src/base/random.ts";
import { exportModel, floats, Graph, matmul, openSession } from "../../src/engine.ts";
import { best, race, type Contestant } from "./race.ts";
import { contestant, conv4 } from "./steps.ts";
import { hasTorch, torchStep } from "./torch.ts";

const [BATCH, SIZE] = [100, 84];
/** Floating-point operations of the convolutions: forward, weight gradient, and input gradient but for the first. */
const flops = [84, 42, 21, 10].reduce(
  (sum, side, i) => sum + (i === 0 ? 2 : 3) * 2 * BATCH * side * side * 9 * (i === 0 ? 3 : 64) * 64,
  0,
);

/** The same number of operations in products of large square matrices: the floor under the step's time. */
const floor = async (side = 1536): Promise<Contestant & { share: number }> => {
  const g = new Graph("floor");
  const [a, b] = [g.input("a", "float32", [side, side]), g.input("b", "float32", [side, side])];
  g.output(matmul(g, a, b), "y");
  const session = await openSession(exportModel(g), { threads: 2 });
  const random = createRandom("floor");
  const matrix = () =>
    floats(
      [side, side],
      Array.from({ length: side * side }, () => random.normal()),
    );
  const feeds = { a: matrix(), b: matrix() };
  return {
    name: "floor",
    share: flops / (2 * side ** 3),
    run: async () => Number((await session.run(feeds))["y"]!.data[0]),
    close: () => session.close(),
  };
};

const product = await floor();
const ours = await contestant("ours", conv4(BATCH, SIZE), { threads: 2 });
const rivals = hasTorch() ? [torchStep({ network: "conv4", batch: BATCH, size: SIZE })] : [];
const [step, base, torch] = await race([ours, product, ...rivals], 9);
const floorMs = best(base!) * product.share;
console.log(`Conv-4 step: ${best(step!).toFixed(0)} ms for ${(flops / 1e9).toFixed(1)} GFLOP`);
console.log(
  `arithmetic floor ${floorMs.toFixed(0)} ms: reached ${((100 * floorMs) / best(step!)).toFixed(0)} % (wanted 55)`,
);
console.log(
  torch
    ? `PyTorch ${best(torch).toFixed(0)} ms: ratio ${(best(step!) / best(torch)).toFixed(2)} (wanted 0.45)`
    : "PyTorch is not there (apt-get install python3-torch): no ratio",
);

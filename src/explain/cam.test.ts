import { describe, expect, it } from "vitest";
import { floats } from "../graph/dtype.ts";
import { Graph } from "../graph/graph.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { gradCam, gradCamPlusPlus, hiResCam, type Cam } from "./cam.ts";

/** Two channels of 1 x 2 cells, and gradients that differ from cell to cell. */
const MAP = [1, 2, 4, 0];
const GRADIENT = [0.5, -0.1, 0.2, 0.4];

const run = async (cam: Cam, gradient = GRADIENT): Promise<number[]> => {
  const g = new Graph("cam");
  const [a, d] = ["map", "gradient"].map((name) => g.input(name, "float32", [1, 2, 1, 2]));
  g.output(cam(g, a!, d!), "y");
  const session = await openGraph(g, { threads: 1 });
  const { y } = await session.run({ map: floats([1, 2, 1, 2], MAP), gradient: floats([1, 2, 1, 2], gradient) });
  await session.close();
  expect(y!.shape).toEqual([1, 1, 1, 2]);
  return [...(y!.data as Float32Array)];
};

const close = (got: number[], wanted: number[]): void => got.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 5));

describe("class activation maps, worked by hand", () => {
  it("Grad-CAM weighs channels by their mean gradient", async () => {
    // α = 0.2, 0.3; times 2 cells
    close(await run(gradCam), [2 * (0.2 * 1 + 0.3 * 4), 2 * (0.2 * 2)]);
  });

  it("HiResCAM multiplies cell by cell", async () => {
    close(await run(hiResCam), [2 * (0.5 * 1 + 0.2 * 4), 2 * (-0.1 * 2)]);
  });

  it("Grad-CAM++ weighs every cell's gradient", async () => {
    // α = g² / (2 g² + g³ ΣA) = 1 / (2 + g ΣA), ΣA = 3 and 4
    const first = 0.5 / (2 + 0.5 * 3); // the negative gradient of the second cell is cut off
    const second = 0.2 / (2 + 0.2 * 4) + 0.4 / (2 + 0.4 * 4);
    close(await run(gradCamPlusPlus), [first * 1 + second * 4, first * 2]);
  });

  it("Grad-CAM++ stays finite where the gradient is 0", async () => {
    close(await run(gradCamPlusPlus, [0, 0, 0, 0]), [0, 0]);
  });
});

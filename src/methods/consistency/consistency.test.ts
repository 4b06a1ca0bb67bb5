import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, type Tensor } from "../../graph/dtype.ts";
import { Graph } from "../../graph/graph.ts";
import { createScope } from "../../nn/layers/scope.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import type { ConsistencyMethod, ConsistencyOptions } from "../../train/consistency/consistency-method.ts";
import { method as fixmatch } from "./fixmatch.ts";
import { method as meanTeacher } from "./mean-teacher.ts";

/** Losses of a toy batch of two classes, and what is kept for the next step. */
const asked = async <O extends ConsistencyOptions>(
  method: ConsistencyMethod<O>,
  { student, teacher }: { readonly student: Tensor; readonly teacher: Tensor },
  options: O,
): Promise<{ readonly losses: number[]; readonly kept: number[][] }> => {
  const g = new Graph("toy");
  const scope = createScope(g, { phase: "training", random: createRandom(1) });
  const answers = {
    student: g.input("student", "float32", student.shape),
    teacher: g.input("teacher", "float32", teacher.shape),
  };
  g.output(method.losses(scope, answers, options), "losses");
  for (const [name, value] of scope.updates) g.output(value, `next/${name}`);
  const session = await openGraph(g, { threads: 1 });
  const first = Object.fromEntries(scope.parameters.map(({ name, tensor }) => [name, tensor]));
  const found = await session.run({ student, teacher, ...first });
  await session.close();
  const kept = [...scope.updates.keys()].map((name) => numbersOf(found[`next/${name}`]!));
  return { losses: numbersOf(found.losses!), kept };
};

/** Scores whose softmax is p, 1 - p. */
const odds = (...ps: number[]): Tensor =>
  floats(
    [ps.length, 2],
    ps.flatMap((p) => [Math.log(p), Math.log(1 - p)]),
  );

describe("FixMatch", () => {
  it("takes the class of a confident answer for the label of the strong view, and no other: worked by hand", async () => {
    const options = { ...fixmatch.defaults, threshold: 0.9, alignment: 0 };
    const { losses } = await asked(
      fixmatch,
      { student: odds(0.5, 0.25, 0.7), teacher: odds(0.95, 0.05, 0.8) },
      options,
    );
    // shares are one half at first, so aligned answers are the answers: 0.95 of class 0, 0.95 of class 1, 0.8 is unsure
    expect(losses[0]).toBeCloseTo(-Math.log(0.5), 5);
    expect(losses[1]).toBeCloseTo(-Math.log(0.75), 5);
    expect(losses[2]).toBe(0);
  });

  it("keeps running shares of the classes: worked by hand", async () => {
    const options = { ...fixmatch.defaults, alignment: 0.75 };
    const { kept } = await asked(fixmatch, { student: odds(0.5, 0.5), teacher: odds(0.8, 0.6) }, options);
    // 0.75 · 0.5 + 0.25 · (0.8 + 0.6) / 2
    expect(kept[0]![0]).toBeCloseTo(0.55, 6);
    expect(kept[0]![1]).toBeCloseTo(0.45, 6);
  });
});

describe("Mean Teacher", () => {
  it("is the squared difference of probabilities, mean over classes: worked by hand", async () => {
    const answers = { student: odds(0.5, 0.9), teacher: odds(0.7, 0.9) };
    const { losses } = await asked(meanTeacher, answers, meanTeacher.defaults);
    expect(losses[0]).toBeCloseTo(0.04, 6);
    expect(losses[1]).toBeCloseTo(0, 6);
  });
});

import { expect, test } from "vitest";
import { matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import type { Rival } from "./contest.ts";
import { chooseRival } from "./choose-rival.ts";

const COUNT = 100;
const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 2);
const groups = Int32Array.from(labels.keys());
const folds = Int32Array.from(labels, (_, i) => i % 5);

/** Two classes; right but for every so manieth row. */
const rivalWrongAt = (every: number): Rival => {
  const scores = matrix(COUNT, 2);
  labels.forEach((label, i) => {
    const answer = i % every === 0 ? 1 - label : label;
    scores.data[2 * i + answer] = 2;
  });
  return { method: "fine-tuned", options: {}, text: `wrong at ${every}`, round: { folds, count: 5 }, scores };
};

test("a model that learned from unlabelled images is chosen where it proves a gain, its scores those of the choosing", () => {
  const [plain, better] = [rivalWrongAt(3), rivalWrongAt(17)];
  const chosen = chooseRival(
    [
      { name: "none", rival: plain },
      { name: "fixmatch", rival: better },
    ],
    { labels, groups },
    createRandom(1),
  );
  expect(chosen.index).toBe(1);
  expect(chosen.rival.text).toBe("wrong at 17");
  expect(chosen.rival.scores).toEqual(better.scores);
  expect(chosen.unlabelled).toMatchObject({ used: "fixmatch" });
  expect(chosen.unlabelled.text).toMatch(/^fixmatch is used .* rose by 28\.0 points/);
});

test("the model learned from the labelled images alone is kept where the gain may be chance, or is none", () => {
  for (const other of [rivalWrongAt(3), rivalWrongAt(2)]) {
    const chosen = chooseRival(
      [
        { name: "none", rival: rivalWrongAt(3) },
        { name: "fixmatch", rival: other },
      ],
      { labels, groups },
      createRandom(1),
    );
    expect(chosen.index).toBe(0);
    expect(chosen.unlabelled.used).toBe("none");
    expect(chosen.unlabelled.text).toMatch(/proved no gain \(fixmatch/);
  }
});

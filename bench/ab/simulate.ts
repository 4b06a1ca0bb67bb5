/**
 * How often do A/B tests decide wrongly when one looks after every outcome, and how many outcomes does a better arm
 * take? Made worlds in which the truth is known; default rules, guard-rails included.
 *
 * node bench/ab/simulate.ts [experiments] [outcomes an experiment without a difference may take]
 */
import { createRandom } from "../../src/base/random.ts";
import { clopperPearson } from "../../src/evaluate/intervals.ts";
import { simulateExperiment, type World } from "../../test/fixtures/simulate-experiment.ts";

const [experiments = "1000", most = "10000"] = process.argv.slice(2);
const n = Number(experiments);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const run = (world: World): void => {
  const ends = Array.from({ length: n }, (_, i) =>
    simulateExperiment(world, createRandom(`${JSON.stringify(world)}/${i}`)),
  );
  const share = (verdict: string): string => {
    const count = ends.filter((end) => end.verdict === verdict).length;
    const { low, high } = clopperPearson(count, n);
    return `${percent(count / n)} (${(100 * low).toFixed(1)}-${percent(high)})`;
  };
  const taken = ends
    .filter(({ verdict }) => verdict === "promote")
    .map(({ outcomes }) => outcomes)
    .sort((a, b) => a - b);
  // experiments that found nothing count as taking for ever
  const [median, nine] = [0.5, 0.9].map((part) => taken[Math.ceil(part * n) - 1] ?? `more than ${world.most}`);
  console.log(
    `${world.control} against ${world.challenger}, share ${world.share}, at most ${world.most}: promoted ${share("promote")}, rolled back ${share("roll back")}, held ${share("hold")}; half found within ${median} outcomes, nine of ten within ${nine}`,
  );
};

for (const [control, share] of [
  [0.85, 0.5],
  [0.6, 0.5],
  [0.97, 0.5],
  [0.85, 0.1],
] as const)
  run({ control, challenger: control, share, most: Number(most) });
for (const [control, challenger, share, limit] of [
  [0.85, 0.9, 0.5, 8000],
  [0.6, 0.65, 0.5, 16_000],
  [0.9, 0.95, 0.5, 8000],
  [0.85, 0.9, 0.1, 24_000],
  [0.9, 0.85, 0.5, 8000],
] as const)
  run({ control, challenger, share, most: limit });

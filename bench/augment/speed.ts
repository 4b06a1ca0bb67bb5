/**
 * What does augmenting a picture cost beside decoding it? Milliseconds on one core at the size of the network, and the
 * ratio to the decoding of the same JPEG, both alternately; per policy, and per augmentation with "members".
 *
 * node bench/augment/speed.ts [photos] [size] [pictures] [members]
 */
import { plainSquare } from "../../src/base/preprocess.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { augmentations } from "../../src/data/augment/index.ts";
import { decodeImage, readItem } from "../../src/data/image.ts";
import { policies } from "../../src/data/policies.ts";
import { applyDraws, samplePolicy, type Policy } from "../../src/data/policy.ts";
import { preprocessImage } from "../../src/data/preprocess.ts";
import { scanDataset } from "../../src/data/scan.ts";

const [photos = "../shared/data/flowers12", side = "224", count = "200", members] = process.argv.slice(2);
const size = Number(side);
const preprocess = plainSquare(size, { fit: "squash", background: [0, 0, 0] });

/** Milliseconds of the processor, all threads together: other programs do not count. */
const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** Pictures between two looks at the clock: it ticks coarsely. */
const BLOCK = 20;

const { items } = await scanDataset(photos);
const chosen = shuffled(items, createRandom("speed")).slice(0, Number(count));
const files = await Promise.all(chosen.map(async (item) => (await readItem(item)).bytes));
const pictures = await Promise.all(
  files.map(async (bytes) => ({ width: size, height: size, data: await preprocessImage(bytes, preprocess) })),
);
const alone = augmentations.map(({ name }): Policy => ({ name, steps: [{ augmentation: name }] }));
const contenders = members === undefined ? policies.filter(({ steps }) => steps.length > 0) : alone;
const spent = new Map(["decoding", ...contenders.map(({ name }) => name)].map((name) => [name, [] as number[]]));

const decode = async (from: number): Promise<void> => {
  for (const bytes of files.slice(from, from + BLOCK)) await decodeImage(bytes);
};
const vary = async (policy: Policy, from: number): Promise<void> => {
  for (const [i, picture] of pictures.slice(from, from + BLOCK).entries())
    await applyDraws(picture, samplePolicy(policy, createRandom(`${policy.name}/${from + i}`)));
};

for (let round = 0; round < 3; round++)
  for (let from = 0; from + BLOCK <= files.length; from += BLOCK)
    for (const [name, run] of [
      ["decoding", () => decode(from)] as const,
      ...contenders.map((policy) => [policy.name, () => vary(policy, from)] as const),
    ]) {
      const ms = await timed(run);
      if (round > 0) spent.get(name)!.push(ms / BLOCK); // the first round is for the compiler
    }

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
const decoding = mean(spent.get("decoding")!);
for (const [name, values] of spent) {
  const ms = mean(values);
  console.log(
    `${name.padEnd(20)} ${ms.toFixed(2).padStart(6)} ms a picture   ${(ms / decoding).toFixed(2)} x decoding`,
  );
}

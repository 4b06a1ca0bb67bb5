/**
 * What does training a 3-D network from scratch bring on small volumes, beside a head on its random weights? Bright
 * cubes, rods and spheres in noise.
 *
 * node bench/volumes.ts [volumes a class] [side] [epochs]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "../src/pipeline/train.ts";
import { randomVolumeBackbone } from "../src/pipeline/volume-backbone.ts";
import { compressed, niftiFile } from "../test/fixtures/medical.ts";
import { SOLIDS, solidInNoise } from "../test/fixtures/volumes.ts";

const [each, side, epochs] = ["20", "16", "30"].map((usual, i) => Number(process.argv[i + 2] ?? usual));
const folder = mkdtempSync(join(tmpdir(), "handful-bench-"));
try {
  for (const kind of SOLIDS) {
    mkdirSync(join(folder, "volumes", kind), { recursive: true });
    for (let i = 0; i < each!; i++)
      writeFileSync(
        join(folder, "volumes", kind, `${i}.nii.gz`),
        compressed(niftiFile([side!, side!, side!], solidInNoise(kind, side!, String(i)))),
      );
  }
  mkdirSync(join(folder, "out"));
  const cpu = process.cpuUsage();
  const { evidence, modelBytes } = await train({
    photos: join(folder, "volumes"),
    out: join(folder, "out"),
    backbone: randomVolumeBackbone({ size: side! }),
    head: "auto",
    fineTune: { last: "all", unfreezing: "together", epochs: epochs!, resume: false },
    seed: 0,
    threads: 1,
    cacheDir: null,
    keepConflicts: false,
    strict: false,
    now: new Date(),
    version: "bench",
    commandLine: "node bench/volumes.ts",
  });
  const { user, system } = process.cpuUsage(cpu);
  console.log(evidence.selection.text);
  const { value, interval } = evidence.accuracy!;
  const range = interval ? ` (${(100 * interval.low).toFixed(1)} to ${(100 * interval.high).toFixed(1)} %)` : "";
  console.log(
    `of the whole choosing: ${(100 * value).toFixed(1)} %${range}; model.onnx ${(modelBytes / 1e6).toFixed(1)} MB`,
  );
  console.log(`${((user + system) / 1e6).toFixed(0)} s of one core`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

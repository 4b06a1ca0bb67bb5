/**
 * What do 8 and 16 bits cost and bring? Size, accuracy out of fold with its paired interval, agreement, speed, and the
 * noise of every way of calibrating, for models made by `handful train`.
 *
 * node bench/artifact/quantise.ts <run folder> <photos> [<run folder> <photos> …]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { cacheDirectory, modelPath } from "../../src/pipeline/open-model.ts";
import { quantiseModel, type Quantised } from "../../src/pipeline/quantise/quantise.ts";

const points = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(2)}`;
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const line = (name: string, result: Quantised): string => {
  const { weights, sizeBytes, accuracy, difference, agreement, layers, floatLayers, speed, neighbours } = result;
  const { low, high } = difference.interval;
  return [
    name,
    weights,
    `${(sizeBytes.before / 1e6).toFixed(1)} → ${(sizeBytes.after / 1e6).toFixed(1)} MB (${(sizeBytes.after / sizeBytes.before).toFixed(2)})`,
    percent(accuracy.before),
    percent(accuracy.after),
    `${points(difference.mean)} (${points(low)} to ${points(high)})`,
    percent(agreement),
    weights === "int8" ? `${layers - floatLayers.length} of ${layers}` : "–",
    speed.map(({ ratio }) => ratio.toFixed(2)).join(" / "),
    `${neighbours.after} of ${neighbours.before}`,
  ].join(" | ");
};

const pairs = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "handful-bench-quantise-"));
console.log(
  "model | weights | size | accuracy before | after | change in points (95 %) | agreement | layers in 8 bits | speed: 1 thread, 1 and 8 photos; 2 threads, 1 and 8 | nearest kept",
);
for (let i = 0; i + 1 < pairs.length; i += 2)
  for (const weights of ["int8", "float16"] as const) {
    const result = await quantiseModel({
      model: await modelPath(resolve(pairs[i]!)),
      photos: resolve(pairs[i + 1]!),
      out: join(folder, `${i}-${weights}.onnx`),
      weights,
      calibration: "auto",
      maxLoss: 0.005,
      neighbours: null,
      seed: 0,
      cacheDir: cacheDirectory(process.env),
    });
    console.log(line(basename(pairs[i]!), result));
    for (const { calibration, equalised, noise } of result.ways)
      console.log(
        `  ${calibration}${equalised ? ", equalised" : ""}: noise ${noise.embedding.toFixed(4)} of the embedding, ${noise.probabilities.toFixed(4)} of the probabilities`,
      );
    const { asked, learned } = result.photos;
    console.log(
      `  ${asked} photos asked, ${learned} learned from; losses by layers in floats: ${result.losses.map(points).join(", ")}; float: ${result.floatLayers.join(", ") || "none"}`,
    );
    console.log(
      `  unknown ${percent(result.unknown.before)} → ${percent(result.unknown.after)}; sets ${percent(result.sets?.before.coverage ?? NaN)} → ${percent(result.sets?.after.coverage ?? NaN)}; calibration error ${percent(result.calibrationError.before)} → ${percent(result.calibrationError.after)}`,
    );
    console.log(
      `  ${result.speed.map(({ threads, batch, beforeMs, afterMs }) => `${threads} threads ${batch} photos: ${beforeMs.toFixed(1)} → ${afterMs.toFixed(1)} ms`).join("; ")}`,
    );
  }
rmSync(folder, { recursive: true });

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { ablationChart } from "../report/ablation-chart.ts";
import type { Ablation } from "./ablate.ts";
import { writeWhole } from "./run-folder.ts";

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Writes the figures (`ablation.json`), a table (`ablation.csv`) and a drawing (`ablation.svg`, `ablation.png`). */
export const writeAblation = async (
  ablation: Ablation,
  out: string,
  table: readonly (readonly string[])[],
): Promise<void> => {
  await mkdir(out, { recursive: true });
  const svg = ablationChart(ablation.arms, ablation.learner);
  const write = (name: string, data: string | Uint8Array): Promise<void> =>
    writeWhole(join(out, name), typeof data === "string" ? Buffer.from(data) : data);
  await write("ablation.json", `${JSON.stringify(ablation, null, 2)}\n`);
  await write("ablation.csv", `${table.map((cells) => cells.map(quoted).join(",")).join("\n")}\n`);
  await write("ablation.svg", svg);
  await write("ablation.png", await sharp(Buffer.from(svg), { density: 144 }).png().toBuffer());
};

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeDemoSet } from "../data/demo.ts";
import { scanDataset } from "../data/scan.ts";
import { writePseudoLabels } from "./write-pseudo-labels.ts";

test("the least sure come first, names are data, and each has its picture", async () => {
  const folder = mkdtempSync(join(tmpdir(), "handful-labels-"));
  try {
    await writeDemoSet(join(folder, "pool"), { seed: 1, perClass: 1 });
    const dataset = await scanDataset(join(folder, "pool"));
    const labels = [
      { name: "a.jpg", sha256: "aa", item: 0, label: "bolt", round: 1, confidence: 0.99 },
      { name: '=b,"1".jpg', sha256: "bb", item: 1, label: "nut", round: 2, confidence: 0.5 },
    ];
    await writePseudoLabels(labels, { out: folder, dataset });
    expect(readFileSync(join(folder, "pseudo-labels.csv"), "utf8")).toBe(
      'photo,sha256,label,round,confidence\n"\'=b,""1"".jpg",bb,nut,2,0.5000\na.jpg,aa,bolt,1,0.9900\n',
    );
    const page = readFileSync(join(folder, "pseudo-labels.html"), "utf8");
    expect(page.match(/data:image\/webp/g)).toHaveLength(2);
    expect(page.indexOf("=b,")).toBeLessThan(page.indexOf("a.jpg"));
    expect(page).toContain("50 % sure, round 2");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writePseudoLabels } from "./write-pseudo-labels.ts";

test("the least sure come first, and names are data", async () => {
  const folder = mkdtempSync(join(tmpdir(), "handful-labels-"));
  try {
    await writePseudoLabels(folder, [
      { name: "a.jpg", label: "bolt", round: 1, confidence: 0.99 },
      { name: '=b,"1".jpg', label: "nut", round: 2, confidence: 0.5 },
    ]);
    expect(readFileSync(join(folder, "pseudo-labels.csv"), "utf8")).toBe(
      'photo,label,round,confidence\n"\'=b,""1"".jpg",nut,2,0.5000\na.jpg,bolt,1,0.9900\n',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

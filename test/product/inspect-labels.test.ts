import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-labels-"));
const handful = commandLine(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("inspect --labels finds a photo in the wrong folder, and shows it", async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 8 });
  const [one, other] = readdirSync(join(folder, "photos"));
  const [file] = readdirSync(join(folder, "photos", one!));
  renameSync(join(folder, "photos", one!, file!), join(folder, "photos", other!, "moved.png"));
  const { code, out } = handful(["inspect", "photos", "--labels", "--page", "look.html"]);
  expect(code).toBe(0);
  expect(out).toContain(`suspect       ${other!}/moved.png  labelled ${other!}, more likely ${one!}`);
  const page = readFileSync(join(folder, "look.html"), "utf8");
  expect(page).toContain("moved.png");
  expect(page).toContain("data:image/webp;base64,");
  const json = JSON.parse(handful(["inspect", "photos", "--labels", "--json"]).out) as { doubtful: { name: string }[] };
  expect(json.doubtful.map(({ name }) => name)).toContain(`${other!}/moved.png`);
});

/**
 * What do synthetic defects look like? Photos, the pictures `handful synthesize defects --masks` made of them, and
 * their masks, under each other.
 *
 * node bench/augment/defects-grid.ts <photos> <made> <grid.png> [pictures a row]
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Pixels } from "../../src/base/preprocess.ts";
import { decodeImage } from "../../src/data/image.ts";
import { pictureGrid } from "../../src/data/picture-grid.ts";
import { encodePng, readSyntheticMarker } from "../../src/data/synthetic.ts";

const [photos = "photos", made = "made", out = "defects.png", across = "9"] = process.argv.slice(2);
const read = async (path: string): Promise<Pixels> => decodeImage(await readFile(path));

const columns = await Promise.all(
  Object.entries((await readSyntheticMarker(made)).pictures).map(([name, { source }]) =>
    Promise.all([join(photos, source), join(made, name), join(`${made}-masks`, basename(name))].map(read)),
  ),
);
const rows: Pixels[][] = [];
for (let from = 0; from < columns.length; from += Number(across)) {
  const shown = columns.slice(from, from + Number(across));
  for (const row of [0, 1, 2]) rows.push(shown.map((column) => column[row]!));
}
await writeFile(out, await encodePng(pictureGrid(rows)));
console.log(`${columns.length} pictures in ${out}`);

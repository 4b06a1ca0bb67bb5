import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readReviewed, reviewedLabels } from "./reviewed-labels.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-reviewed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const classes = ["bolt", "nut"];
const read = (text: string) => {
  const path = join(folder, "list.csv");
  writeFileSync(path, text);
  return readReviewed(path, classes);
};

describe("labels that a person has looked through", () => {
  it("are known by hash whatever the photo is called now, else by name; an empty label is one taken out", async () => {
    const list = await read("photo,sha256,label,round\nold.jpg,aa,nut,1\nb.jpg,,bolt,1\nc.jpg,cc,,1\nd.jpg,dd,nut,2\n");
    const pool = { names: ["new.jpg", "b.jpg", "c.jpg"], keys: ["aa", "bb", "cc"] };
    const { labels, strays } = reviewedLabels(list, pool, classes);
    expect([...labels.rows]).toEqual([0, 1]);
    expect([...labels.labels]).toEqual([1, 0]);
    expect(strays.map(({ photo }) => photo)).toEqual(["d.jpg"]);
  });

  it.each([
    ["photo,round\na.jpg,1\n", /wanted the columns photo \(or sha256\) and label/],
    ["photo,label\na.jpg,nutt\n", /nut/],
    ["photo,label\na.jpg,nut\na.jpg,bolt\n", /wanted one label for a\.jpg, got nut and bolt/],
    ["photo,label\na.jpg,nut,1,2\n", /wanted 2 cells/],
    ["", /empty file/],
  ])("are refused where they are no such list: %j", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
